"""V1T in PyTorch: inference, and a training step with sampled places, Poisson loss and AdamW.

`python v1t.py <folder> <threads>` serves a benchmark (peer.py). The folder holds

  config.json  {"rule": {"learningRate", "betas", "epsilon", "weightDecay"}, "checkedSteps", "cases": [{
                 "name", "kind": "inference" or "training",
                 "network": fields of Configuration in reference/v1t.py that differ from its defaults,
                 "weights", "inputs": names of safetensors files}]}
  weights      the weights by the names and shapes that reference/v1t.py gives
  inputs       images (batch, channels, height, width), behavior (batch, 5), pupil (batch, 2) and coordinates
               (neurons, 2); for training also recorded (batch, neurons) and noise (checkedSteps, batch, neurons, 2)

What check gives: of inference all responses, image after image; of training the losses (the sum over images and
neurons of p − r·log(p + 1e-8)) of the first `checkedSteps` steps with that noise and without dropout. The steps of
rounds draw their own noise, with dropout where the network has it. A step is one batch.

Variants: attention written out and PyTorch's fused one, eager, and, where there is a C++ compiler, the fused one compiled by
inductor (for inference with frozen weights, which it packs). The patches are embedded by a convolution, and AdamW is
fused. `--rates [rounds]` times all variants in turn and prints JSON: milliseconds a step (median, every round), peak
memory (of a process of its own, which does three steps), threads, versions.

`python v1t.py - <threads> --rates [rounds] --options '{"stride": 8, "neurons": 300, "batch": 16}'` needs no folder:
fields of the network, and the batch, with random weights and inputs.
"""

import argparse
import dataclasses
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "reference"))

import peer
import torch
import v1t
from peer import Contender
from torch import nn

RULE = {"learningRate": 1.647e-3, "betas": [0.9, 0.9999], "epsilon": 1e-8, "weightDecay": 0.01}
ATTENTION = {"written out": v1t.plain_attention, "fused": v1t.fused_attention}


class Model(nn.Module):
    """Predicted responses (batch, neurons) of a batch, with noise at sampled places."""

    def __init__(self, weights, network, attention):
        super().__init__()
        self.weights = nn.ParameterDict({name: nn.Parameter(value.clone()) for name, value in weights.items()})
        self.network, self.attention = network, ATTENTION[attention]

    def forward(self, inputs, noise=None, training=False):
        options = {"training": training, "attention": self.attention, "embed": v1t.convolve_patches}
        return v1t.respond(dict(self.weights.items()), self.network, inputs, noise, **options)


class Inference(Contender):
    def __init__(self, weights, inputs, network, attention, compiled):
        self.model = Model(weights, network, attention).eval().requires_grad_(False)
        self.inputs = {name: inputs[name] for name in ("images", "behavior", "pupil", "coordinates") if name in inputs}
        self.respond = torch.compile(self.model, dynamic=False, options={"freezing": True}) if compiled else self.model

    def check(self):
        return self.run().flatten().tolist()

    def step(self):
        self.run()

    def run(self):
        # freezing asks for no_grad
        with torch.inference_mode() if self.respond is self.model else torch.no_grad():
            return self.respond(self.inputs)


class Training(Contender):
    def __init__(self, weights, inputs, network, attention, compiled, rule, checked_steps):
        self.model = Model(weights, network, attention)
        self.inputs = {name: value for name, value in inputs.items() if name not in ("recorded", "noise")}
        self.recorded, self.noise = inputs["recorded"], inputs["noise"][:checked_steps]
        self.loss = torch.compile(self.poisson, dynamic=False) if compiled else self.poisson
        self.optimizer = torch.optim.AdamW(
            self.model.parameters(), rule["learningRate"], rule["betas"], rule["epsilon"], rule["weightDecay"], fused=True
        )

    def poisson(self, noise, training):
        return v1t.poisson(self.model(self.inputs, noise, training), self.recorded)

    def run(self, noise, training):
        self.optimizer.zero_grad(set_to_none=True)
        loss = self.loss(noise, training)
        loss.backward()
        self.optimizer.step()
        return loss.item()

    def check(self):
        return [self.run(noise, False) for noise in self.noise]

    def step(self):
        self.run(torch.randn_like(self.noise[0]), self.model.network.dropout > 0 or self.model.network.patch_dropout > 0)


def drawn(network, batch, steps):
    """Random weights of the size that keeps activations near 1, and random inputs."""
    generator = torch.Generator().manual_seed(1)

    def random(*shape):
        return torch.randn(shape, generator=generator)

    weights = {}
    for name, shape in v1t.shapes(network).items():
        scale = 1 if len(shape) == 1 else shape[-1] ** -0.5
        weights[name] = torch.ones(shape) if name.endswith("gamma") else random(*shape) * scale
    inputs = {
        "images": random(batch, network.channels, network.height, network.width),
        "behavior": random(batch, network.behavior),
        "pupil": random(batch, 2),
        "coordinates": random(network.neurons, 2),
        "recorded": random(batch, network.neurons).square(),
        "noise": random(steps, batch, network.neurons, 2),
    }
    return weights, inputs


def configured(options):
    """Cases by name: kind, network, what gives weights and inputs, the optimiser's rule, checked steps."""
    fields = {field.name for field in dataclasses.fields(v1t.Configuration)}
    if options is not None:
        network = v1t.Configuration(**{name: value for name, value in options.items() if name in fields})
        unknown = set(options) - fields - {"batch"}
        if unknown:
            sys.exit(f"v1t.py: unknown options {', '.join(sorted(unknown))}")
        batch, steps = options.get("batch", 16), 2
        return {
            kind: (kind, network, lambda: drawn(network, batch, steps), RULE, steps) for kind in ("inference", "training")
        }
    config = peer.config()
    return {
        case["name"]: (
            case["kind"],
            v1t.Configuration(**case["network"]),
            lambda case=case: (peer.tensors(case["weights"]), peer.tensors(case["inputs"])),
            config["rule"],
            config["checkedSteps"],
        )
        for case in config["cases"]
    }


def variants(case):
    """What makes each variant of a case."""
    kind, network, load, rule, checked_steps = case

    def make(attention, compiled):
        weights, inputs = load()
        if kind == "inference":
            return Inference(weights, inputs, network, attention, compiled)
        return Training(weights, inputs, network, attention, compiled, rule, checked_steps)

    can_compile = any(shutil.which(name) for name in (os.environ.get("CXX"), "g++", "clang++") if name)
    return {
        f"PyTorch{' compiled' if compiled else ''}, attention {attention}": (
            lambda attention=attention, compiled=compiled: make(attention, compiled)
        )
        for compiled, attention in [
            *((False, name) for name in ATTENTION),
            *((True, name) for name in ("fused",) if can_compile),
        ]
    }


def peak_megabytes():
    """Of this process. Linux hands ru_maxrss down from the process that started this one, so not of that first."""
    try:
        with open("/proc/self/status", encoding="ascii") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2


def peak_of(case, variant):
    """The peak memory of a process that does three steps of a variant, in MB."""
    ended = subprocess.run(
        [sys.executable, *sys.argv, "--peak", case, variant], capture_output=True, text=True, check=True
    )
    return float(ended.stdout.splitlines()[-1])


def rates(cases, rounds):
    """Every variant of every case: its time, its peak memory, and how far what it checks is from the first's."""
    report = {"threads": torch.get_num_threads(), "versions": peer.versions(), "cases": {}}
    for name, made in cases.items():
        contenders = {variant: make() for variant, make in made.items()}
        values = {variant: torch.tensor(contender.check()) for variant, contender in contenders.items()}
        milliseconds = {variant: [] for variant in contenders}
        for contender in contenders.values():
            contender.step()
        for _ in range(rounds):
            for variant, contender in contenders.items():
                start = time.perf_counter()
                contender.step()
                milliseconds[variant].append((time.perf_counter() - start) * 1000)
        first = next(iter(values.values()))
        report["cases"][name] = {
            variant: {
                "milliseconds": statistics.median(each),
                "rounds": each,
                "peakMegabytes": peak_of(name, variant),
                "difference": float((values[variant] - first).abs().max() / first.abs().max()),
            }
            for variant, each in milliseconds.items()
        }
    return report


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("threads", type=int)
    parser.add_argument("--options", type=json.loads)
    parser.add_argument("--rates", nargs="?", type=int, const=7)
    parser.add_argument("--peak", nargs=2)
    given = parser.parse_args()
    cases = {name: variants(case) for name, case in configured(given.options).items()}
    if given.peak is not None:
        case, variant = given.peak
        contender = cases[case][variant]()
        for _ in range(3):
            contender.step()
        print(peak_megabytes())
    elif given.rates is not None:
        print(json.dumps(rates(cases, given.rates), indent=1))
    else:
        peer.serve(cases)


if __name__ == "__main__":
    main()
