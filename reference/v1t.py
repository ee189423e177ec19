"""V1T (Li et al., TMLR 2023) with condition-wise modulation of its blocks → test/fixtures/v1t.json.

Written from the description of the model, as functions of a dictionary of weights. Weights of linear layers are
(outputs, inputs). The names, with W the width, H the heads, D the width of a head, M that of the hidden layer, B the
behavioural inputs, N the neurons:

  patch/weight (W, C·p·p), patch/bias     pixels in the order of channel, row, column
  class (W), positions (tokens + 1, W)    the class token comes first
  block1/behavior/linear1/weight (W // 2, B), …/bias, block1/behavior/linear2/weight (W, W // 2), …/bias
  block1/norm1/gamma, …/beta, block1/norm2/gamma, …/beta
  block1/attention/project (3·H·D, W)     rows: queries, keys, values, each head after head; no bias
  block1/attention/output (W, H·D), block1/attention/bias
  block1/mlp/linear1/weight (M, W), …/bias, block1/mlp/linear2/weight (W, M), …/bias
  shifter/linear1/weight (5, 2), …/bias, shifter/linear2 (5, 5), shifter/linear3 (2, 5)
  readout/position/linear1/weight (30, 2), …/bias, readout/position/linear2 (2, 30); or readout/mu (N, 2)
  readout/sigma (N, 2, 2), readout/features (N, W), readout/bias (N)
  subject/embedding (16), subject/block1/weight (2·W, 16)    rows: γ, β; no bias; dataset/… the same
  stimulus/linear1/weight (32, W), …/bias, stimulus/linear2/weight (depth·2·W, 32), …/bias    rows: block, then γ, β

Places are (x, y) in [−1, 1]: x along the columns of the feature map, y along its rows.
"""

from dataclasses import asdict, dataclass

import torch
import torch.nn.functional as F


@dataclass
class Configuration:
    channels: int = 1
    height: int = 36
    width: int = 64
    patch: int = 8
    stride: int = 1
    embedding: int = 155
    depth: int = 4
    heads: int = 4
    head_width: int = 155
    hidden: int = 488
    behavior: int = 5
    neurons: int = 300
    coordinates: bool = True
    shifter: bool = True
    patch_dropout: float = 0.0
    dropout: float = 0.0

    @property
    def grid(self):
        """Rows and columns of patches; pixels that fill no patch are left out."""
        return tuple((extent - self.patch) // self.stride + 1 for extent in (self.height, self.width))


def shapes(c):
    """The shape of every weight by name, modulation not included."""
    width, inner = c.embedding, c.heads * c.head_width
    rows, columns = c.grid
    found = {"patch/weight": (width, c.channels * c.patch**2), "patch/bias": (width,), "class": (width,)}
    found["positions"] = (rows * columns + 1, width)
    for i in range(1, c.depth + 1):
        if c.behavior > 0:
            found |= linear(f"block{i}/behavior/linear1", c.behavior, width // 2)
            found |= linear(f"block{i}/behavior/linear2", width // 2, width)
        found |= {f"block{i}/norm{k}/{part}": (width,) for k in (1, 2) for part in ("gamma", "beta")}
        found[f"block{i}/attention/project"] = (3 * inner, width)
        found[f"block{i}/attention/output"] = (width, inner)
        found[f"block{i}/attention/bias"] = (width,)
        found |= linear(f"block{i}/mlp/linear1", width, c.hidden) | linear(f"block{i}/mlp/linear2", c.hidden, width)
    if c.shifter:
        found |= linear("shifter/linear1", 2, 5) | linear("shifter/linear2", 5, 5) | linear("shifter/linear3", 5, 2)
    if c.coordinates:
        found |= linear("readout/position/linear1", 2, 30) | linear("readout/position/linear2", 30, 2)
    else:
        found["readout/mu"] = (c.neurons, 2)
    found |= {"readout/sigma": (c.neurons, 2, 2), "readout/features": (c.neurons, width), "readout/bias": (c.neurons,)}
    return found


def modulation_shapes(c):
    """The shapes of the weights of all three modulation paths."""
    found = {}
    for path in ("subject", "dataset"):
        found[f"{path}/embedding"] = (16,)
        found |= {f"{path}/block{i}/weight": (2 * c.embedding, 16) for i in range(1, c.depth + 1)}
    return found | linear("stimulus/linear1", c.embedding, 32) | linear("stimulus/linear2", 32, c.depth * 2 * c.embedding)


def linear(name, inputs, outputs):
    return {f"{name}/weight": (outputs, inputs), f"{name}/bias": (outputs,)}


def apply_linear(w, name, x):
    return F.linear(x, w[f"{name}/weight"], w[f"{name}/bias"])


def plain_attention(q, k, v, dropout):
    """softmax(q kᵀ / √D) v, of (batch, heads, tokens, D)."""
    scores = q @ k.transpose(-1, -2) * q.shape[-1] ** -0.5
    return F.dropout(scores.softmax(-1), dropout) @ v


def fused_attention(q, k, v, dropout):
    return F.scaled_dot_product_attention(q, k, v, dropout_p=dropout)


def embed_patches(w, c, images):
    """(batch, channels, height, width) → (batch, tokens, W), row after row."""
    return F.linear(F.unfold(images, c.patch, stride=c.stride).transpose(1, 2), w["patch/weight"], w["patch/bias"])


def convolve_patches(w, c, images):
    """The same as a convolution."""
    kernel = w["patch/weight"].unflatten(1, (c.channels, c.patch, c.patch))
    return F.conv2d(images, kernel, w["patch/bias"], c.stride).flatten(2).transpose(1, 2)


def modulation(w, c, paths, patches):
    """γ and β of every block, (batch or 1, depth, 2, W): those of the paths added up; `patches` are held constant."""
    total = 0
    for path in paths:
        if path == "stimulus":
            hidden = F.gelu(apply_linear(w, "stimulus/linear1", patches.detach().mean(1)))
            total = total + apply_linear(w, "stimulus/linear2", hidden).unflatten(1, (c.depth, 2, c.embedding))
        else:
            blocks = [w[f"{path}/block{i}/weight"] @ w[f"{path}/embedding"] for i in range(1, c.depth + 1)]
            total = total + torch.stack(blocks).unflatten(1, (2, c.embedding)).unsqueeze(0)
    return total


def core(w, c, images, behavior=None, paths=(), training=False, attention=plain_attention, embed=embed_patches):
    """(batch, channels, height, width) → (batch, W, rows, columns)."""
    patch_dropout, dropout = (c.patch_dropout, c.dropout) if training else (0.0, 0.0)
    patches = embed(w, c, images)
    modulations = modulation(w, c, paths, patches) if paths else None
    x = torch.cat([w["class"].expand(len(images), 1, -1), patches], 1) + w["positions"]
    x = F.dropout(x, patch_dropout)
    for i in range(1, c.depth + 1):
        if c.behavior > 0:
            state = torch.tanh(apply_linear(w, f"block{i}/behavior/linear1", behavior))
            x = x + torch.tanh(apply_linear(w, f"block{i}/behavior/linear2", state)).unsqueeze(1)
        y = F.layer_norm(x, (c.embedding,), w[f"block{i}/norm1/gamma"], w[f"block{i}/norm1/beta"])
        y = F.linear(y, w[f"block{i}/attention/project"]).unflatten(2, (3, c.heads, c.head_width))
        y = attention(*y.permute(2, 0, 3, 1, 4).unbind(0), dropout).transpose(1, 2).flatten(2)
        y = F.linear(y, w[f"block{i}/attention/output"], w[f"block{i}/attention/bias"])
        x = x + F.dropout(y, dropout)
        y = F.layer_norm(x, (c.embedding,), w[f"block{i}/norm2/gamma"], w[f"block{i}/norm2/beta"])
        y = F.dropout(F.gelu(apply_linear(w, f"block{i}/mlp/linear1", y)), dropout)
        x = x + F.dropout(apply_linear(w, f"block{i}/mlp/linear2", y), dropout)
        if modulations is not None:
            gamma, beta = modulations[:, i - 1, 0, None], modulations[:, i - 1, 1, None]
            x = (1 + gamma) * x + beta
    return x[:, 1:].transpose(1, 2).unflatten(2, c.grid)


def shift(w, pupil):
    """Pupil centre (batch, 2) → what is added to every neuron's place (batch, 2)."""
    for i in (1, 2, 3):
        pupil = torch.tanh(apply_linear(w, f"shifter/linear{i}", pupil))
    return pupil


def readout(w, c, features, coordinates=None, shifts=None, noise=None):
    """Features at each neuron's place, weighted: (batch, neurons), before the last unit.

    The place is μ, in training with noise (batch, neurons, 2) μ + Σ·noise; clamped to [−1, 1], then shifted. What lies
    beyond the feature map is 0, so a shift may move a neuron out of sight.
    """
    if c.coordinates:
        hidden = F.elu(apply_linear(w, "readout/position/linear1", coordinates))
        places = torch.tanh(apply_linear(w, "readout/position/linear2", hidden))
    else:
        places = w["readout/mu"]
    places = places.expand(len(features), -1, -1)
    if noise is not None:
        places = places + torch.einsum("nij,bnj->bni", w["readout/sigma"], noise)
    places = places.clamp(-1, 1)
    if shifts is not None:
        places = places + shifts.unsqueeze(1)
    sampled = F.grid_sample(features, places.unsqueeze(2), mode="bilinear", padding_mode="zeros", align_corners=True)
    return torch.einsum("bcn,nc->bn", sampled.squeeze(3), w["readout/features"]) + w["readout/bias"]


def respond(w, c, inputs, noise=None, **options):
    """Predicted responses (batch, neurons), positive. `inputs` has images, behavior, pupil and coordinates."""
    features = core(w, c, inputs["images"], inputs.get("behavior"), **options)
    shifts = shift(w, inputs["pupil"]) if c.shifter else None
    return F.elu(readout(w, c, features, inputs.get("coordinates"), shifts, noise)) + 1


def poisson(predicted, recorded, epsilon=1e-8):
    """Σ p − r·log(p + ε) over images and neurons."""
    return (predicted - recorded * torch.log(predicted + epsilon)).sum()


# --- fixtures ----------------------------------------------------------------------------------------------------
def range_of(name, shape):
    """Where a weight is drawn from."""
    last = name.rsplit("/", 1)[-1]
    if last == "gamma":
        return 0.6, 1.4
    if name == "readout/sigma":
        return -0.4, 0.4
    if name == "readout/mu":
        return -1.1, 1.1
    if len(shape) == 1 or name.startswith("shifter"):
        return -0.5, 0.5
    if name.startswith(("subject", "dataset", "stimulus/linear2")):
        return -0.25, 0.25
    bound = round((3 / shape[-1]) ** 0.5, 4)
    return -bound, bound


def make_case(name, c, batch, seed, path_sets):
    from fixture import array, draw

    def drawn(shape, low, high):
        nonlocal seed
        seed += 1
        entry = {"shape": list(shape), "seed": seed, "low": low, "high": high}
        return entry, torch.from_numpy(draw(shape, seed, low, high)).double()

    stored, weights = {}, {}
    for key, shape in (shapes(c) | (modulation_shapes(c) if any(path_sets) else {})).items():
        stored[key], weights[key] = drawn(shape, *range_of(key, shape))
        weights[key].requires_grad_(True)
    sizes = {"images": (batch, c.channels, c.height, c.width), "recorded": (batch, c.neurons), "noise": (batch, c.neurons, 2)}
    if c.behavior > 0:
        sizes["behavior"] = (batch, c.behavior)
    if c.shifter:
        sizes["pupil"] = (batch, 2)
    if c.coordinates:
        sizes["coordinates"] = (c.neurons, 2)
    entries, inputs = {}, {}
    for key, shape in sizes.items():
        low, high = {"recorded": (0.0, 3.0), "coordinates": (-1.0, 1.0)}.get(key, (-2.0, 2.0))
        entries[key], inputs[key] = drawn(shape, low, high)

    runs = []
    for paths in path_sets:
        sampled = respond(weights, c, inputs, inputs["noise"], paths=paths)
        loss = poisson(sampled, inputs["recorded"])
        gradients = torch.autograd.grad(loss, list(weights.values()), allow_unused=True)
        runs.append(
            {
                "paths": list(paths),
                "features": array(core(weights, c, inputs["images"], inputs.get("behavior"), paths=paths)),
                "evaluation": array(respond(weights, c, inputs, paths=paths)),
                "training": array(sampled),
                "loss": float(f"{loss.item():.9g}"),
                "gradients": {k: array(g) for k, g in zip(weights, gradients) if g is not None},
            }
        )
    if c.shifter:
        runs[0]["shift"] = array(shift(weights, inputs["pupil"]))
    return {"name": name, "configuration": asdict(c) | {"grid": list(c.grid)}, "weights": stored, "inputs": entries, "runs": runs}


def main():
    from fixture import write

    tiny = Configuration(
        height=12, width=16, patch=4, stride=2, embedding=8, depth=2, heads=2, head_width=8, hidden=12, neurons=6
    )
    uneven = Configuration(
        channels=2, height=11, width=15, patch=4, stride=3, embedding=6, depth=1, heads=3, head_width=5, hidden=9,
        behavior=3, neurons=5, coordinates=False, shifter=False,
    )
    cases = [
        make_case("places from coordinates", tiny, 3, 4000, [()]),
        make_case(
            "modulated", tiny, 3, 4200,
            [(), ("subject",), ("stimulus",), ("dataset",), ("subject", "stimulus", "dataset")],
        ),
        make_case("places as parameters, uneven grid", uneven, 2, 4400, [()]),
    ]
    about = (
        "V1T in double precision, reference/v1t.py. Poisson loss: sum over images and neurons of p - r log(p + 1e-8). "
        "evaluation: places are the means; training: with the noise given. Gradients are of the loss in training; weights "
        "that it does not reach have none, and the stimulus path passes none to the patches."
    )
    write("v1t", about, {"epsilon": 1e-8, "cases": cases})


if __name__ == "__main__":
    main()
