"""The first case of test/fixtures/stacked_core.json as a file of torch.save → test/fixtures/stacked_core.pth.

The state dict is that of a model with several data keys, here one, "mouse". Needs torch alone.
"""

import json
from collections import OrderedDict

import torch
from fixture import FIXTURES, draw

weights = json.loads((FIXTURES / "stacked_core.json").read_text())["cases"][0]["weights"]
state = OrderedDict({"core._input_weights_regularizer.laplace.filter": torch.zeros(1, 1, 3, 3)})
for name, drawn in weights.items():
    values = draw(tuple(drawn["shape"]), drawn["seed"], drawn["low"], drawn["high"])
    state[name.replace("readout.", "readout.mouse.", 1) if name.startswith("readout.") else name] = torch.from_numpy(values)
    if name.endswith("running_var"):
        state[name.replace("running_var", "num_batches_tracked")] = torch.tensor(7)
torch.save(state, FIXTURES / "stacked_core.pth")
