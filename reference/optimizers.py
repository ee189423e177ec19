"""Writes test/fixtures/optimizers.json: a few steps of each optimiser as torch.optim takes them, on random data.

Run from the repository root with PyTorch 2.15 or later:  python reference/optimizers.py
"""

import json
from pathlib import Path

import torch

STEPS = 6
LENGTHS = {"weight": 37, "bias": 10}  # neither is a multiple of four

# Options are named as in src/runtime/update-rules.ts. "rates" gives each step's learning rate, "groups" what a
# parameter has for itself.
CASES = [
    {"name": "sgd", "kind": "sgd", "options": {"learningRate": 0.1}},
    {"name": "sgd, weight decay", "kind": "sgd", "options": {"learningRate": 0.1, "weightDecay": 0.05}},
    {"name": "momentum", "kind": "sgd", "options": {"learningRate": 0.05, "momentum": 0.9}},
    {
        "name": "nesterov, weight decay",
        "kind": "sgd",
        "options": {"learningRate": 0.05, "momentum": 0.9, "nesterov": True, "weightDecay": 5e-4},
    },
    {
        "name": "momentum, groups, schedule, clipping",
        "kind": "sgd",
        "options": {"learningRate": 0.05, "momentum": 0.9, "weightDecay": 0.01, "clipNorm": 1.5},
        "groups": {"bias": {"learningRateScale": 3.0, "weightDecay": 0.0}},
        "rates": [0.05, 0.05, 0.04, 0.03, 0.02, 0.01],
    },
    {"name": "adam", "kind": "adam", "options": {"learningRate": 0.01}},
    {
        "name": "adam, weight decay, other betas",
        "kind": "adam",
        "options": {"learningRate": 0.02, "weightDecay": 0.1, "beta1": 0.8, "beta2": 0.95, "epsilon": 1e-6},
    },
    {"name": "adamW", "kind": "adamW", "options": {"learningRate": 0.01}},
    {
        "name": "adamW, groups, schedule, clipping",
        "kind": "adamW",
        "options": {"learningRate": 0.01, "weightDecay": 0.1, "clipNorm": 1.0},
        "groups": {"bias": {"learningRateScale": 0.5, "weightDecay": 0.0}},
        "rates": [0.002, 0.01, 0.01, 0.008, 0.004, 0.001],
    },
]

SLOTS = {"momentum_buffer": "velocity", "exp_avg": "firstMoment", "exp_avg_sq": "secondMoment"}


def build(case, parameters):
    options = case["options"]
    groups = []
    for name, parameter in parameters.items():
        own = case.get("groups", {}).get(name, {})
        groups.append({
            "params": [parameter],
            "lr": options["learningRate"] * own.get("learningRateScale", 1.0),
            **({"weight_decay": own["weightDecay"]} if "weightDecay" in own else {}),
        })
    shared = {"foreach": False, "fused": False}
    if "weightDecay" in options:
        shared["weight_decay"] = options["weightDecay"]
    if case["kind"] == "sgd":
        return torch.optim.SGD(
            groups, momentum=options.get("momentum", 0.0), nesterov=options.get("nesterov", False), **shared
        )
    rule = torch.optim.Adam if case["kind"] == "adam" else torch.optim.AdamW
    betas = (options.get("beta1", 0.9), options.get("beta2", 0.999))
    return rule(groups, betas=betas, eps=options.get("epsilon", 1e-8), **shared)


def run(case, start, gradients):
    parameters = {name: torch.nn.Parameter(value.clone()) for name, value in start.items()}
    optimizer = build(case, parameters)
    norms = []
    for step, gradient in enumerate(gradients):
        for name, parameter in parameters.items():
            parameter.grad = gradient[name].clone()
        for group, name in zip(optimizer.param_groups, parameters):
            scale = case.get("groups", {}).get(name, {}).get("learningRateScale", 1.0)
            group["lr"] = case.get("rates", [case["options"]["learningRate"]] * STEPS)[step] * scale
        most = case["options"].get("clipNorm", float("inf"))
        norms.append(torch.nn.utils.clip_grad_norm_(parameters.values(), most).item())
        optimizer.step()
    slots = {}
    for name, parameter in parameters.items():
        for theirs, ours in SLOTS.items():
            if optimizer.state[parameter].get(theirs) is not None:
                slots[f"{name}.{ours}"] = optimizer.state[parameter][theirs].tolist()
    values = {name: parameter.tolist() for name, parameter in parameters.items()}
    return {**case, "gradientNorms": norms, "values": values, "state": slots}


def main():
    generator = torch.Generator().manual_seed(2)
    draw = lambda: {name: torch.randn(length, generator=generator) for name, length in LENGTHS.items()}
    start, gradients = draw(), [draw() for _ in range(STEPS)]
    as_lists = lambda arrays: {name: array.tolist() for name, array in arrays.items()}
    fixture = {
        "torch": torch.__version__,
        "start": as_lists(start),
        "gradients": [as_lists(gradient) for gradient in gradients],
        "cases": [run(case, start, gradients) for case in CASES],
    }
    path = Path(__file__).parent.parent / "test" / "fixtures" / "optimizers.json"
    path.write_text(json.dumps(fixture) + "\n")


if __name__ == "__main__":
    main()
