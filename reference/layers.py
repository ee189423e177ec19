"""Losses, optimisers, schedules, a residual net in training and a transformer block → test/fixtures/layers.json.

Inputs and initial weights are drawn (fixture.py) and PyTorch computes in double precision, except for the learning
rate schedules, which are Python numbers.
"""

import math

import torch
import torch.nn.functional as F
from fixture import array, draw, number, numbers, write


def drawn(shape, seed, low=-1.0, high=1.0):
    """A stored description of a drawn array and its values as a double tensor."""
    return {"shape": list(shape), "seed": seed, "low": low, "high": high}, torch.from_numpy(draw(shape, seed, low, high)).double()


# --- losses ------------------------------------------------------------------------------------------------------
def losses():
    cases = []

    def add(name, options, entry, x, loss):
        x = x.clone().requires_grad_(True)
        value = loss(x)
        cases.append({"name": name, "options": options, "input": entry, "value": number(value.item()), "gradient": numbers(torch.autograd.grad(value, x)[0])})

    labels = [0, 3, 1, 2, 3]
    target = torch.tensor(labels)
    for smoothing in (0.0, 0.1):
        for low, high in ((-2.0, 2.0), (-60.0, 60.0)):
            entry, x = drawn((5, 4), 41 + int(high), low, high)
            add("crossEntropy", {"labelSmoothing": smoothing, "labels": labels}, entry, x, lambda x, s=smoothing: F.cross_entropy(x, target, label_smoothing=s))
    entry, x = drawn((5, 3), 51)
    target_entry, y = drawn((5, 3), 52)
    add("meanSquaredError", {"target": target_entry}, entry, x, lambda x: F.mse_loss(x, y))
    counts = [0, 1, 3, 0, 2, 5, 1, 0, 0, 4, 2, 7, 0, 1, 2]
    rates = torch.tensor(counts, dtype=torch.float64).reshape(5, 3)
    entry, x = drawn((5, 3), 53, 0.1, 4.0)
    add("poisson", {"logInput": False, "epsilon": 1e-8, "counts": counts}, entry, x, lambda x: F.poisson_nll_loss(x, rates, log_input=False, full=False, eps=1e-8))
    entry, x = drawn((5, 3), 54, -2.0, 2.0)
    add("poisson", {"logInput": True, "counts": counts}, entry, x, lambda x: F.poisson_nll_loss(x, rates, log_input=True, full=False))
    return cases


# --- optimisers --------------------------------------------------------------------------------------------------
def optimisers():
    """Six parameters, ten steps, gradient = given noise + the parameter itself."""
    cases = []
    for name, make, options in (
        ("SGD", torch.optim.SGD, {"lr": 0.1}),
        ("SGD", torch.optim.SGD, {"lr": 0.1, "momentum": 0.9}),
        ("SGD", torch.optim.SGD, {"lr": 0.1, "momentum": 0.9, "weight_decay": 5e-3}),
        ("SGD", torch.optim.SGD, {"lr": 0.1, "momentum": 0.9, "weight_decay": 5e-3, "nesterov": True}),
        ("Adam", torch.optim.Adam, {"lr": 0.01}),
        ("Adam", torch.optim.Adam, {"lr": 0.01, "betas": (0.8, 0.95), "eps": 1e-6, "weight_decay": 0.1}),
        ("AdamW", torch.optim.AdamW, {"lr": 0.01, "weight_decay": 0.1}),
        ("AdamW", torch.optim.AdamW, {"lr": 0.02, "betas": (0.8, 0.95), "eps": 1e-6, "weight_decay": 0.01}),
    ):
        start_entry, start = drawn((6,), 61)
        noise_entry, noise = drawn((10, 6), 62)
        p = start.clone().requires_grad_(True)
        optimiser = make([p], **options)
        trajectory = []
        for step in range(10):
            p.grad = (noise[step] + p).detach()
            optimiser.step()
            trajectory.append(p.detach().clone())
        cases.append({"name": name, "options": options, "start": start_entry, "noise": noise_entry, "trajectory": numbers(torch.stack(trajectory))})
    return cases


# --- schedules ---------------------------------------------------------------------------------------------------
def schedules():
    """The learning rate used in each epoch."""
    cases = []
    p = torch.zeros(1, requires_grad=True)
    for name, make, options in (
        ("cosine", torch.optim.lr_scheduler.CosineAnnealingLR, {"T_max": 10}),
        ("cosine", torch.optim.lr_scheduler.CosineAnnealingLR, {"T_max": 7, "eta_min": 0.01}),
        ("step", torch.optim.lr_scheduler.StepLR, {"step_size": 3, "gamma": 0.1}),
        ("step", torch.optim.lr_scheduler.StepLR, {"step_size": 4, "gamma": 0.5}),
        ("multiStep", torch.optim.lr_scheduler.MultiStepLR, {"milestones": [2, 5, 6], "gamma": 0.2}),
    ):
        optimiser = torch.optim.SGD([p], lr=0.4)
        schedule = make(optimiser, **options)
        rates = []
        for _ in range(options.get("T_max", 9) + 1):
            rates.append(optimiser.param_groups[0]["lr"])
            optimiser.step()
            schedule.step()
        cases.append({"name": name, "rate": 0.4, "options": options, "rates": [float(f"{r:.12g}") for r in rates]})
    metrics = [1.0, 0.9, 0.9, 0.90001, 0.89995, 0.95, 0.91, 0.92, 0.5, 0.5, 0.49999, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6]
    for options in (
        {"mode": "min", "factor": 0.5, "patience": 2},
        {"mode": "min", "factor": 0.5, "patience": 2, "cooldown": 2, "min_lr": 0.06},
        {"mode": "min", "factor": 0.1, "patience": 0, "threshold": 0.01},
        {"mode": "min", "factor": 0.5, "patience": 1, "threshold": 0.05, "threshold_mode": "abs"},
        {"mode": "max", "factor": 0.5, "patience": 3},
    ):
        optimiser = torch.optim.SGD([p], lr=0.4)
        schedule = torch.optim.lr_scheduler.ReduceLROnPlateau(optimiser, **options)
        rates = []
        for metric in metrics:
            rates.append(optimiser.param_groups[0]["lr"])
            schedule.step(metric)
        rates.append(optimiser.param_groups[0]["lr"])
        cases.append({"name": "plateau", "rate": 0.4, "options": options, "metrics": metrics, "rates": [float(f"{r:.12g}") for r in rates]})
    return cases


# --- a residual net in training ----------------------------------------------------------------------------------
RESIDUAL_PARAMETERS = {
    "stem.conv": (16, 1, 3, 3),
    "stem.norm": 16,
    "block1.conv1": (16, 16, 3, 3),
    "block1.norm1": 16,
    "block1.conv2": (16, 16, 3, 3),
    "block1.norm2": 16,
    "block2.conv1": (32, 16, 3, 3),
    "block2.norm1": 32,
    "block2.conv2": (32, 32, 3, 3),
    "block2.norm2": 32,
    "block2.shortcut": (32, 16, 1, 1),
    "block2.shortcutNorm": 32,
    "head": (4, 32),
}


def residual_net(p, x, statistics):
    """(N, 1, 8, 8) → (N, 4); batch normalisation in training mode, running statistics with momentum 0.1."""

    def norm(name, x):
        mean, variance = statistics[name]
        return F.batch_norm(x, mean, variance, p[f"{name}.gamma"], p[f"{name}.beta"], training=True, momentum=0.1, eps=1e-5)

    x = torch.relu(norm("stem.norm", F.conv2d(x, p["stem.conv"], padding=1)))
    y = torch.relu(norm("block1.norm1", F.conv2d(x, p["block1.conv1"], padding=1)))
    x = torch.relu(x + norm("block1.norm2", F.conv2d(y, p["block1.conv2"], padding=1)))
    y = torch.relu(norm("block2.norm1", F.conv2d(x, p["block2.conv1"], stride=2, padding=1)))
    y = norm("block2.norm2", F.conv2d(y, p["block2.conv2"], padding=1))
    x = torch.relu(y + norm("block2.shortcutNorm", F.conv2d(x, p["block2.shortcut"], stride=2)))
    return F.linear(x.mean((2, 3)), p["head.weight"], p["head.bias"])


def residual_training():
    described, p, statistics = {}, {}, {}
    seed = 700
    for name, shape in RESIDUAL_PARAMETERS.items():
        seed += 10
        if isinstance(shape, int):
            described[f"{name}.gamma"], p[f"{name}.gamma"] = drawn((shape,), seed, 0.8, 1.2)
            described[f"{name}.beta"], p[f"{name}.beta"] = drawn((shape,), seed + 1, -0.1, 0.1)
            statistics[name] = (torch.zeros(shape).double(), torch.ones(shape).double())
        else:
            bound = math.sqrt(3 / math.prod(shape[1:]))
            key = f"{name}.weight" if name == "head" else name
            described[key], p[key] = drawn(shape, seed, -round(bound, 4), round(bound, 4))
            if name == "head":
                described["head.bias"], p["head.bias"] = drawn((shape[0],), seed + 1, -0.1, 0.1)
    for value in p.values():
        value.requires_grad_(True)
    options = {"lr": 0.05, "momentum": 0.9, "weight_decay": 5e-4}
    optimiser = torch.optim.SGD(list(p.values()), **options)
    batches, losses = [], []
    for step in range(5):
        entry, x = drawn((6, 1, 8, 8), 800 + step)
        labels = [(3 * step + 2 * k) % 4 for k in range(6)]
        loss = F.cross_entropy(residual_net(p, x, statistics), torch.tensor(labels))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        batches.append({"images": entry, "labels": labels})
        losses.append(number(loss.item()))
    return {
        "options": options,
        "parameters": described,
        "batches": batches,
        "losses": losses,
        "final": {name: array(value) for name, value in p.items()},
        "runningMean": {name: numbers(mean) for name, (mean, _) in statistics.items()},
        "runningVariance": {name: numbers(variance) for name, (_, variance) in statistics.items()},
    }


# --- a transformer block -----------------------------------------------------------------------------------------
def attention_block():
    """Pre-norm block: x + attention(norm(x)), then x + mlp(norm(x)); gelu by the error function."""
    batch, tokens, width, heads, hidden = 2, 5, 16, 2, 32
    shapes = {
        "norm1.gamma": (width,), "norm1.beta": (width,), "qkv.weight": (3 * width, width), "qkv.bias": (3 * width,),
        "proj.weight": (width, width), "proj.bias": (width,), "norm2.gamma": (width,), "norm2.beta": (width,),
        "fc1.weight": (hidden, width), "fc1.bias": (hidden,), "fc2.weight": (width, hidden), "fc2.bias": (width,),
    }
    described, p = {}, {}
    for k, (name, shape) in enumerate(shapes.items()):
        low, high = (0.5, 1.5) if name.endswith("gamma") else (-0.4, 0.4)
        described[name], p[name] = drawn(shape, 900 + k, low, high)
        p[name].requires_grad_(True)
    x_entry, x = drawn((batch, tokens, width), 950)
    cotangent_entry, cotangent = drawn((batch, tokens, width), 951)
    x.requires_grad_(True)
    n = F.layer_norm(x, (width,), p["norm1.gamma"], p["norm1.beta"])
    # rows of qkv: queries, keys, values; within each, head by head
    q, k, v = F.linear(n, p["qkv.weight"], p["qkv.bias"]).reshape(batch, tokens, 3, heads, width // heads).permute(2, 0, 3, 1, 4)
    scores = torch.softmax(q @ k.transpose(-1, -2) / math.sqrt(width // heads), -1)
    mixed = (scores @ v).transpose(1, 2).reshape(batch, tokens, width)
    y = x + F.linear(mixed, p["proj.weight"], p["proj.bias"])
    n = F.layer_norm(y, (width,), p["norm2.gamma"], p["norm2.beta"])
    y = y + F.linear(F.gelu(F.linear(n, p["fc1.weight"], p["fc1.bias"])), p["fc2.weight"], p["fc2.bias"])
    gradients = torch.autograd.grad((y * cotangent).sum(), [x, *p.values()])
    return {
        "heads": heads, "epsilon": 1e-5, "x": x_entry, "cotangent": cotangent_entry, "parameters": described,
        "y": array(y), "gradients": {name: array(g) for name, g in zip(["x", *p], gradients)},
    }


if __name__ == "__main__":
    write("layers", "reference/layers.py", {"losses": losses(), "optimisers": optimisers(), "schedules": schedules(), "residual": residual_training(), "attention": attention_block()})
