"""Inference of a converted ResNet-20 (uncompensated Spiking ResNet) in plain PyTorch and in SpikingJelly.

The folder holds
  config.json         {"start": V(0), "scales": [λ of the 19 units in order], "cases": [{"name", "images", "steps"}]}
  weights.safetensors conv1/weight, conv1/bias, …, conv19/…, linear1/weight, linear1/bias, normalisations folded in
  images.safetensors  images (N, 3, 32, 32), normalised, and labels (N) where they are known

Shortcuts are those of option A: where the channels double, every other pixel, with zeros around the channels. Any
number of blocks will do. Every variant computes the first convolution, which has no memory, once.

`python resnet20_spiking.py <folder> <threads>` serves a benchmark (peer.py). With `--accuracy T …` it prints accuracy
at those numbers of steps over all images as JSON; with `--rates` images per second of each variant of each case.
`python resnet20_folder.py` makes such a folder.
"""

import json
import os
import shutil
import statistics
import sys
import time

import peer
import torch
import torch.nn.functional as F
from peer import Contender
from spikingjelly.activation_based import functional, layer, neuron
from torch import nn

config = peer.config()
inputs = peer.tensors("images.safetensors")
START = float(config["start"])


class Unit:
    """A layer of neurons and what drives it: a convolution of the unit before, and a shortcut from two units before."""

    def __init__(self, weight, bias, stride, channels_last):
        self.weight = weight.contiguous(memory_format=torch.channels_last) if channels_last else weight
        self.bias, self.stride = bias, stride
        self.shortcut, self.stride_of_shortcut = None, 1

    def convolve(self, x):
        return F.conv2d(x, self.weight, self.bias, self.stride, 1)

    def add_shortcut(self, current, x):
        if self.stride_of_shortcut == 1:
            current.add_(x, alpha=self.shortcut)
        else:
            first = (current.shape[1] - x.shape[1]) // 2
            current[:, first : first + x.shape[1]].add_(x[:, :, ::2, ::2], alpha=self.shortcut)


def converted(channels_last=False):
    """The units with Ŵ = W λ_in / λ_out, b̂ = b / λ_out and shortcuts of weight λ_in / λ_out, and the last layer."""
    values, scales = peer.tensors("weights.safetensors"), config["scales"]
    units = []
    for i, scale in enumerate(scales):
        before = scales[i - 1] if i > 0 else 1.0
        weight = values[f"conv{i + 1}/weight"]
        stride = 2 if i > 0 and weight.shape[0] == 2 * weight.shape[1] else 1
        unit = Unit(weight * (before / scale), values[f"conv{i + 1}/bias"] / scale, stride, channels_last)
        if i > 0 and i % 2 == 0:
            unit.shortcut, unit.stride_of_shortcut = scales[i - 2] / scale, units[-1].stride
        units.append(unit)
    return units, (values["linear1/weight"] * scales[-1], values["linear1/bias"])


class Batches(Contender):
    """Simulates the images of a case in batches; `simulate` gives the readout summed over the steps."""

    def __init__(self, case, batch, channels_last=False):
        self.steps = case["steps"]
        images = inputs["images"][: case["images"]]
        layout = torch.channels_last if channels_last else torch.contiguous_format
        self.batches = [images[i : i + batch].contiguous(memory_format=layout) for i in range(0, len(images), batch)]

    @torch.inference_mode()
    def run(self):
        return torch.cat([self.simulate(images) for images in self.batches]) / self.steps

    def check(self):
        return self.run().flatten().tolist()

    def step(self):
        self.run()


class Loop(Batches):
    """Plain PyTorch, all layers step after step, in place."""

    def __init__(self, case, batch, channels_last):
        super().__init__(case, batch, channels_last)
        self.units, self.readout = converted(channels_last)

    def readouts(self, images):
        """The last layer's current at each step."""
        static = self.units[0].convolve(images)
        potentials, spikes = [], []
        for t in range(self.steps):
            for i, unit in enumerate(self.units):
                current = static if i == 0 else unit.convolve(spikes[i - 1])
                if unit.shortcut is not None:
                    unit.add_shortcut(current, spikes[i - 2])
                if t == 0:
                    potentials.append(current + START)
                    spikes.append(torch.empty_like(current))
                else:
                    potentials[i].add_(current)
                torch.ge(potentials[i], 1.0, out=spikes[i])
                potentials[i].sub_(spikes[i])
            yield F.linear(spikes[-1].mean((2, 3)), *self.readout)

    def simulate(self, images):
        total = 0
        for current in self.readouts(images):
            total = total + current
        return total


class LayerByLayer(Batches):
    """Plain PyTorch, `span` steps folded into the batch except in the neurons."""

    def __init__(self, case, batch, span, channels_last):
        super().__init__(case, batch, channels_last)
        self.span = min(span, self.steps)
        self.units, self.readout = converted(channels_last)

    def simulate(self, images):
        static = self.units[0].convolve(images)
        potentials = [None] * len(self.units)
        total = 0
        for begin in range(0, self.steps, self.span):
            steps = min(self.span, self.steps - begin)
            spikes = []
            for i, unit in enumerate(self.units):
                if i == 0:
                    current, fired = None, torch.cat([static] * steps)
                else:
                    current = unit.convolve(spikes[i - 1])
                    if unit.shortcut is not None:
                        unit.add_shortcut(current, spikes[i - 2])
                    fired = current
                if potentials[i] is None:
                    potentials[i] = torch.full_like(fired[: len(images)], START)
                v = potentials[i]
                for s in fired.split(len(images)):
                    v.add_(s)
                    torch.ge(v, 1.0, out=s)
                    v.sub_(s)
                spikes.append(fired)
            means = spikes[-1].mean((2, 3)).unflatten(0, (steps, -1)).sum(0)
            total = total + F.linear(means, self.readout[0]) + steps * self.readout[1]
        return total


class Compiled(Batches):
    """Plain PyTorch, one step of the whole network compiled by inductor, which needs a C++ compiler."""

    def __init__(self, case, batch, channels_last):
        super().__init__(case, batch, channels_last)
        self.units, self.readout = converted(channels_last)
        self.compiled = torch.compile(self.one_step, dynamic=False)

    def one_step(self, static, potentials, total):
        spikes = []
        for i, unit in enumerate(self.units):
            v = potentials[i] + (static if i == 0 else unit.convolve(spikes[i - 1]))
            if unit.shortcut is not None:
                x = spikes[i - 2]
                if unit.stride_of_shortcut == 2:
                    padding = (v.shape[1] - x.shape[1]) // 2
                    x = F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, padding, padding))
                v = v + x * unit.shortcut
            spikes.append((v >= 1.0).float())
            potentials[i].copy_(v - spikes[i])
        total.add_(F.linear(spikes[-1].mean((2, 3)), *self.readout))

    def simulate(self, images):
        static = self.units[0].convolve(images)
        potentials, x = [], static
        for unit in self.units:
            x = x if unit is self.units[0] else unit.convolve(x)
            potentials.append(torch.full_like(x, START))
        total = torch.zeros(len(images), len(self.readout[1]))
        for _ in range(self.steps):
            self.compiled(static, potentials, total)
        return total


class Shortcut(nn.Module):
    """(…, C, H, W) times λ_in / λ_out; every other pixel with zeros around the channels at stride 2."""

    def __init__(self, factor, stride, padding):
        super().__init__()
        self.factor, self.stride, self.padding = factor, stride, padding

    def forward(self, x):
        if self.stride == 2:
            x = F.pad(x[..., ::2, ::2], (0, 0, 0, 0, self.padding, self.padding))
        return x * self.factor


def if_node():
    node = neuron.IFNode(v_threshold=1.0, v_reset=None)
    node.set_reset_value("v", START)
    node.v = START
    return node


class Block(nn.Module):
    def __init__(self, first, second):
        super().__init__()
        self.first, self.node1 = sj_convolution(first), if_node()
        self.second, self.node2 = sj_convolution(second), if_node()
        padding = (second.weight.shape[0] - first.weight.shape[1]) // 2
        self.shortcut = Shortcut(second.shortcut, second.stride_of_shortcut, padding)

    def forward(self, x):
        return self.node2(self.second(self.node1(self.first(x))) + self.shortcut(x))


def sj_convolution(unit):
    outputs, channels = unit.weight.shape[:2]
    convolution = layer.Conv2d(channels, outputs, 3, unit.stride, 1)
    convolution.weight.data.copy_(unit.weight)
    convolution.bias.data.copy_(unit.bias)
    return convolution


class SpikingJelly(Batches):
    """SpikingJelly's own neuron and layers, in step mode "s" or "m"."""

    def __init__(self, case, batch, mode, channels_last):
        super().__init__(case, batch, channels_last)
        self.mode = mode
        units, (weight, bias) = converted()
        self.static = sj_convolution(units[0])
        linear = layer.Linear(weight.shape[1], weight.shape[0])
        linear.weight.data.copy_(weight)
        linear.bias.data.copy_(bias)
        blocks = [Block(*units[i : i + 2]) for i in range(1, len(units), 2)]
        self.net = nn.Sequential(if_node(), *blocks, layer.AdaptiveAvgPool2d(1), layer.Flatten(), linear)
        functional.set_step_mode(self.net, mode)
        if channels_last:
            self.static.to(memory_format=torch.channels_last)
            self.net.to(memory_format=torch.channels_last)

    def simulate(self, images):
        current = self.static(images)
        if self.mode == "m":
            total = self.net(current.unsqueeze(0).expand(self.steps, *current.shape)).sum(0)
        else:
            total = 0
            for _ in range(self.steps):
                total = total + self.net(current)
        functional.reset_net(self.net)
        return total


def variants(case):
    """The fastest batches of each kind on two cores of a server; NCHW was slower in every kind."""
    made = {}
    for batch in (25, 50):
        made[f"PyTorch loop, batch {batch}"] = lambda batch=batch: Loop(case, batch, True)
    for batch in (10, 25):
        name = f"PyTorch layer by layer, 8 steps at once, batch {batch}"
        made[name] = lambda batch=batch: LayerByLayer(case, batch, 8, True)
    if any(shutil.which(name) for name in (os.environ.get("CXX"), "g++", "clang++") if name):
        for batch in (10, 50):
            made[f"PyTorch compiled, batch {batch}"] = lambda batch=batch: Compiled(case, batch, True)
    for mode, batch in (("s", 50), ("m", 10)):
        name = f"SpikingJelly {mode}, batch {batch}"
        made[name] = lambda mode=mode, batch=batch: SpikingJelly(case, batch, mode, True)
    return made


def accuracy(steps):
    """The share of images whose largest summed readout is the label's, at each number of steps, and the time."""
    images = inputs["images"]
    network = Loop({"steps": max(steps), "images": len(images)}, 25, True)
    labels, right = inputs["labels"].long(), dict.fromkeys(steps, 0)
    start = time.perf_counter()
    with torch.inference_mode():
        for i, batch in enumerate(network.batches):
            total = 0
            for t, current in enumerate(network.readouts(batch), 1):
                total = total + current
                if t in right:
                    right[t] += int((total.argmax(1) == labels[25 * i : 25 * i + len(batch)]).sum())
    seconds = time.perf_counter() - start
    shares = {t: count / len(images) for t, count in right.items()}
    return {"images": len(images), "accuracyBySteps": shares, "imagesPerSecond": len(images) / seconds}


def rates(rounds=5):
    """Images per second of every variant: the median of rounds in turn, and how far its logits are from the first's."""
    report = {}
    for case in config["cases"]:
        contenders = {name: make() for name, make in variants(case).items()}
        values = {name: torch.tensor(contender.check()) for name, contender in contenders.items()}
        seconds = {}
        for _ in range(rounds):
            for name, contender in contenders.items():
                start = time.perf_counter()
                contender.step()
                seconds.setdefault(name, []).append(time.perf_counter() - start)
        first = next(iter(values.values()))
        for name, each in seconds.items():
            difference = float((values[name] - first).abs().max() / first.abs().max())
            rate = case["images"] / statistics.median(each)
            fastest = case["images"] / min(each)
            report[f"{case['name']}: {name}"] = {"imagesPerSecond": rate, "fastest": fastest, "difference": difference}
    return report


if __name__ == "__main__":
    options = sys.argv[3:]
    if options[:1] == ["--accuracy"]:
        print(json.dumps(accuracy([int(t) for t in options[1:]])))
    elif options == ["--rates"]:
        print(json.dumps(rates(), indent=1))
    else:
        peer.serve({case["name"]: variants(case) for case in config["cases"]}, packages=("spikingjelly",))
