"""neuralpredictors' stacked convolutional core and Gaussian readout → test/fixtures/stacked_core.json.

Tiny sizes, drawn weights under the names of its own state dicts (`core.…` and `readout.…`), double precision, in
evaluation. Needs neuralpredictors 0.3.0, which installs best without its dependencies (`pip install --no-deps`), and
torchvision.
"""

import sys

import numpy as np
import torch
import torch.nn.functional as F
from fixture import array, draw, write
from sensorium_baseline import neuralpredictors

SHIFT = 0.3


def range_of(name, shape):
    last = name.rsplit(".", 1)[-1]
    if last == "running_var":
        return 0.5, 1.5
    if ".norm." in name and last == "weight":
        return 0.6, 1.4
    if len(shape) == 1 or last in ("sigma", "_mu", "source_grid"):
        return -0.5, 0.5
    if last == "_features":
        return -0.4, 0.4
    bound = round((3 / np.prod(shape[1:])) ** 0.5, 4)
    return -float(bound), float(bound)


def fill(module, prefix, seed, stored):
    """Gives every weight of a module drawn values, and tells which."""
    state = module.state_dict()
    for name, value in state.items():
        if not value.is_floating_point() or "laplace" in name:
            continue
        seed += 1
        low, high = range_of(name, value.shape)
        state[name] = torch.from_numpy(draw(tuple(value.shape), seed, low, high)).double()
        stored[f"{prefix}.{name}"] = {"shape": list(value.shape), "seed": seed, "low": low, "high": high}
    module.load_state_dict(state)
    return seed


def make_case(name, seed, core_options, readout_options, size, neurons, batch):
    core_class, readout_class = neuralpredictors()
    stored = {}
    core = core_class(**core_options).double().eval()
    seed = fill(core, "core", seed, stored)
    entry = {"shape": [batch, core_options["input_channels"], *size], "seed": seed + 1, "low": -2.0, "high": 2.0}
    images = torch.from_numpy(draw(tuple(entry["shape"]), entry["seed"], -2.0, 2.0)).double()
    with torch.inference_mode():
        features = core(images)
        readout = readout_class(tuple(features.shape[1:]), neurons, True, **readout_options).double().eval()
        fill(readout, "readout", seed + 1, stored)
        shift = torch.tensor([[SHIFT, -SHIFT]]).double().expand(batch, -1)
        return {
            "name": name,
            "core": core_options,
            "neurons": neurons,
            "weights": stored,
            "images": entry,
            "features": array(features),
            "places": array(readout.mu.reshape(neurons, 2)),
            "responses": array(F.elu(readout(features)) + 1),
            "shift": [SHIFT, -SHIFT],
            "shifted": array(F.elu(readout(features, shift=shift)) + 1),
        }


def main():
    if neuralpredictors() is None:
        sys.exit("neuralpredictors or torchvision is missing")
    shared = {"bias": False, "input_regularizer": "LaplaceL2norm", "use_avg_reg": False}
    predictor = {"hidden_layers": 1, "hidden_features": 7, "final_tanh": True}
    cases = [
        make_case(
            "as the Sensorium baseline: depth-separable, no padding at the input, last layer", 5000,
            {"input_channels": 1, "hidden_channels": 4, "input_kern": 5, "hidden_kern": 3, "layers": 3, "pad_input": False,
             "depth_separable": True, "stack": -1, **shared},
            {"gauss_type": "full", "grid_mean_predictor": predictor, "source_grid": np.zeros((6, 2)) + np.eye(6, 2)},
            (11, 14), 6, 2,
        ),
        make_case(
            "full convolutions, padded, all layers stacked, places as parameters", 5200,
            {"input_channels": 2, "hidden_channels": 3, "input_kern": 3, "hidden_kern": 5, "layers": 2, "pad_input": True,
             "depth_separable": False, "stack": None, **shared},
            {"gauss_type": "full"},
            (7, 9), 5, 2,
        ),
    ]
    about = (
        "Stacked2dCore and FullGaussian2d of neuralpredictors 0.3.0 in evaluation, double precision, by their own names; "
        "responses are ELU + 1. shifted: every neuron's place moved by the shift."
    )
    write("stacked_core", about, {"cases": cases})


if __name__ == "__main__":
    main()
