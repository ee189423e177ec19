"""The Sensorium 2022 baseline on a given state dict, in double precision: prints JSON.

`python sensorium_baseline.py sensorium_sota_model.pth [images]` needs torch alone. Where neuralpredictors 0.3.0 is
installed the same weights go through its own core and readout too, and "by" says so. The images are formulas
(`formula_images`), so that others can compute the same.

A baseline is a stacked convolutional core and a Gaussian readout (Lurz et al., ICLR 2021). In evaluation:

  layer 0     convolution, no padding, no bias → batch normalisation → ELU
  layers 1 …  1×1 convolution → k×k on each channel, padded by (k − 1) / 2 → 1×1 → batch normalisation → ELU; no biases
              and nothing between the three
  readout     reads the last layer at place μ = tanh(linear(ELU(linear(source grid)))), bilinear, the corners being
              the centres of the outer pixels; features · weights + bias → ELU + 1
"""

import collections
import collections.abc
import json
import math
import sys
import warnings

import numpy as np
import torch
import torch.nn.functional as F
from fixture import array, numbers

HEIGHT, WIDTH = 36, 64


def formula_images(count, height=HEIGHT, width=WIDTH):
    """(count, 1, height, width): sin(0.3·x + 0.2·(n + 1)·y) + 0.5·cos(0.01·x·y + n), in double, rounded to float32."""
    n, y, x = np.meshgrid(np.arange(count), np.arange(height), np.arange(width), indexing="ij")
    images = np.sin(0.3 * x + 0.2 * (n + 1) * y) + 0.5 * np.cos(0.01 * x * y + n)
    return torch.from_numpy(images.astype(np.float32)).double().unsqueeze(1)


def normalize(state, layer, x):
    """Batch normalisation in evaluation, by the names of layer `layer`."""
    mean, variance = (state[f"{layer}.norm.running_{what}"] for what in ("mean", "var"))
    return F.batch_norm(x, mean, variance, state[f"{layer}.norm.weight"], state[f"{layer}.norm.bias"], eps=1e-5)


def core(state, images):
    """(batch, 1, height, width) → (batch, channels, height − 8, width − 8), for a first kernel of 9."""
    x = F.elu(normalize(state, "core.features.layer0", F.conv2d(images, state["core.features.layer0.conv.weight"])))
    for i in range(1, 1 + sum(name.endswith("ds_conv.spatial_conv.weight") for name in state)):
        layer = f"core.features.layer{i}"
        before, spatial, after = (
            state[f"{layer}.ds_conv.{part}_conv.weight"] for part in ("in_depth", "spatial", "out_depth")
        )
        x = F.conv2d(F.conv2d(x, before), spatial, padding=spatial.shape[-1] // 2, groups=spatial.shape[0])
        x = F.elu(normalize(state, layer, F.conv2d(x, after)))
    return x


def places(state, readout):
    """Each neuron's place (neurons, 2), x and y in [−1, 1]."""
    x = state[f"{readout}.source_grid"]
    for i in (0, 2):
        x = F.linear(x, state[f"{readout}.mu_transform.{i}.weight"], state[f"{readout}.mu_transform.{i}.bias"])
        x = torch.tanh(x) if i == 2 else F.elu(x)
    return x


def respond(state, readout, features):
    """Predicted responses (batch, neurons)."""
    grid = places(state, readout).expand(len(features), -1, -1).unsqueeze(2)
    sampled = F.grid_sample(features, grid, align_corners=True).squeeze(3)
    weights = state[f"{readout}._features"][0, :, 0]
    return F.elu(torch.einsum("bcn,cn->bn", sampled, weights) + state[f"{readout}.bias"]) + 1


def neuralpredictors():
    """Its core and its readout, or None. 0.3.0 takes Iterable from where Python 3.10 no longer has it."""
    warnings.simplefilter("ignore")
    collections.Iterable = collections.abc.Iterable
    try:
        from neuralpredictors.layers.cores import Stacked2dCore
        from neuralpredictors.layers.readouts import FullGaussian2d
    except ImportError:
        return None
    return Stacked2dCore, FullGaussian2d


def by_neuralpredictors(state, readout, images):
    """Features and responses as neuralpredictors computes them from the same state dict."""
    made = neuralpredictors()
    if made is None:
        return None
    core_class, readout_class = made
    first = state["core.features.layer0.conv.weight"]
    core = core_class(
        first.shape[1], first.shape[0], first.shape[-1], state["core.features.layer1.ds_conv.spatial_conv.weight"].shape[-1],
        layers=1 + sum(name.endswith("ds_conv.spatial_conv.weight") for name in state),
        bias=False, pad_input=False, stack=-1, depth_separable=True, input_regularizer="LaplaceL2norm",
    ).double()

    def part(prefix):
        return {name[len(prefix) + 1 :]: value for name, value in state.items() if name.startswith(f"{prefix}.")}

    core.load_state_dict(part("core"))
    with torch.inference_mode():
        features = core.eval()(images)
        weights = part(readout)
        head = readout_class(
            features.shape[1:], len(weights["bias"]), True, init_mu_range=0.3, init_sigma=0.1, gauss_type="full",
            grid_mean_predictor={
                "hidden_layers": 1, "hidden_features": len(weights["mu_transform.0.bias"]), "final_tanh": True,
            },
            source_grid=weights["source_grid"].numpy(),
        ).double()
        head.load_state_dict(weights)
        return features, F.elu(head.eval()(features)) + 1


def main():
    state = torch.load(sys.argv[1], map_location="cpu", weights_only=True)
    state = {name: value.double() if value.is_floating_point() else value for name, value in state.items()}
    readout = next(name for name in state if name.endswith("._features")).removesuffix("._features")
    images = formula_images(int(sys.argv[2]) if len(sys.argv) > 2 else 2)
    with torch.inference_mode():
        features = core(state, images)
        responses = respond(state, readout, features)
    by, theirs = "torch", by_neuralpredictors(state, readout, images)
    if theirs is not None:
        for name, ours, other in zip(("features", "responses"), (features, responses), theirs):
            if not torch.allclose(ours, other, rtol=1e-9, atol=1e-9):
                sys.exit(f"neuralpredictors gives other {name}: {(ours - other).abs().max().item():.3g} apart")
        by, (features, responses) = "neuralpredictors", theirs
    grid = places(state, readout)
    result = {
        "by": by,
        "torch": torch.__version__,
        "readout": readout,
        "images": array(images),
        "features": array(features),
        "places": {"shape": list(grid.shape), "data": numbers(grid)},
        "responses": {"shape": list(responses.shape), "data": numbers(responses)},
    }
    assert all(map(math.isfinite, result["responses"]["data"]))
    print(json.dumps(result))


if __name__ == "__main__":
    main()
