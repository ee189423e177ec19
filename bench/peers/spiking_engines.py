"""Inference of converted networks whose image stays the same: plain PyTorch, SpikingJelly and snnTorch.

A network is a chain of units, layers of integrate-and-fire neurons with threshold 1 and soft reset, each driven by a
convolution (padding: half its kernel) of the unit before and perhaps by an earlier unit's spikes; then a mean over the positions and a linear
layer. The folder holds

  config.json  {"cases": [{"name", "steps", "weights", "images": names of safetensors files, "batch", "units": [{
                 "stride", "start", "takesBackAt" (signed neurons), "shortcut": {"from", "stride", "factor"}}]}]}
  weights      0/weight, 0/bias, 1/weight, ... , readout/weight, readout/bias
  images       images (N, C, H, W), of which the first "batch" are taken

What check gives: the readout summed over the steps. "first layer once" computes the first convolution, which has no
memory, once, as the loops in plain PyTorch do; else the image is presented at every step, as tutorials do.
snnTorch has no signed neurons: of signed networks its variants are left out.
"""

import os
import shutil

import peer
import torch
import torch.nn.functional as F
from peer import Contender
from spikingjelly.activation_based import functional, layer, neuron
from torch import nn

snntorch = peer.optional("snntorch")
config = peer.config()


def shortcut_of(x, shortcut, channels):
    """(..., C, H, W) -> every so many pixels with zeros around the channels, times the factor."""
    if shortcut["stride"] > 1:
        padding = (channels - x.shape[-3]) // 2
        x = F.pad(x[..., :: shortcut["stride"], :: shortcut["stride"]], (0, 0, 0, 0, padding, padding))
    return x * shortcut["factor"]


class Images(Contender):
    def __init__(self, case, channels_last):
        self.steps, self.units = case["steps"], case["units"]
        self.layout = torch.channels_last if channels_last else torch.contiguous_format
        values = peer.tensors(case["weights"])
        self.weights = [
            (values[f"{i}/weight"].contiguous(memory_format=self.layout), values[f"{i}/bias"])
            for i in range(len(self.units))
        ]
        self.readout = values["readout/weight"], values["readout/bias"]
        self.images = peer.tensors(case["images"])["images"][: case["batch"]].contiguous(memory_format=self.layout)

    def convolve(self, i, x):
        return F.conv2d(x, *self.weights[i], self.units[i]["stride"], self.weights[i][0].shape[-1] // 2)

    def check(self):
        return self.step().flatten().tolist()

    @torch.inference_mode()
    def step(self):
        return self.simulate()


class Loop(Images):
    """Plain PyTorch, all layers step after step, in place."""

    def simulate(self):
        static = self.convolve(0, self.images)
        potentials, counts, total = [], [], 0
        for t in range(self.steps):
            spikes = []
            for i, unit in enumerate(self.units):
                current = static if i == 0 else self.convolve(i, spikes[-1])
                if "shortcut" in unit:
                    x = spikes[unit["shortcut"]["from"]]
                    current += shortcut_of(x, unit["shortcut"], current.shape[1])
                if t == 0:
                    potentials.append(current + unit["start"])
                    counts.append(torch.zeros_like(current))
                else:
                    potentials[i] += current
                v = potentials[i]
                spike = (v >= 1.0).to(v.dtype)
                if "takesBackAt" in unit:
                    spike -= ((v <= unit["takesBackAt"]) & (counts[i] > 0.5)).to(v.dtype)
                    counts[i] += spike
                v -= spike
                spikes.append(spike)
            total = total + F.linear(spikes[-1].mean((2, 3)), *self.readout)
        return total


class LayerByLayer(Images):
    """Plain PyTorch, up to 8 steps folded into the batch except in the neurons."""

    def simulate(self):
        static, batch = self.convolve(0, self.images), len(self.images)
        potentials, counts, total = [None] * len(self.units), [None] * len(self.units), 0
        for begin in range(0, self.steps, 8):
            steps = min(8, self.steps - begin)
            spikes = []
            for i, unit in enumerate(self.units):
                current = torch.cat([static] * steps) if i == 0 else self.convolve(i, spikes[-1])
                if "shortcut" in unit:
                    x = spikes[unit["shortcut"]["from"]]
                    current += shortcut_of(x, unit["shortcut"], current.shape[1])
                if potentials[i] is None:
                    potentials[i] = torch.full_like(current[:batch], unit["start"])
                    counts[i] = torch.zeros_like(potentials[i])
                v, count = potentials[i], counts[i]
                for s in current.split(batch):
                    v += s
                    torch.ge(v, 1.0, out=s)
                    if "takesBackAt" in unit:
                        s -= ((v <= unit["takesBackAt"]) & (count > 0.5)).to(v.dtype)
                        count += s
                    v -= s
                spikes.append(current)
            means = spikes[-1].mean((2, 3)).unflatten(0, (steps, -1)).sum(0)
            total = total + F.linear(means, self.readout[0]) + steps * self.readout[1]
        return total


class Compiled(Images):
    """Plain PyTorch, one step of the whole network compiled by inductor, which needs a C++ compiler."""

    def __init__(self, case, channels_last):
        super().__init__(case, channels_last)
        self.compiled = torch.compile(self.one_step, dynamic=False)

    def one_step(self, static, potentials, counts, total):
        spikes = []
        for i, unit in enumerate(self.units):
            v = potentials[i] + (static if i == 0 else self.convolve(i, spikes[-1]))
            if "shortcut" in unit:
                v = v + shortcut_of(spikes[unit["shortcut"]["from"]], unit["shortcut"], v.shape[1])
            spike = (v >= 1.0).to(v.dtype)
            if "takesBackAt" in unit:
                spike = spike - ((v <= unit["takesBackAt"]) & (counts[i] > 0.5)).to(v.dtype)
                counts[i].copy_(counts[i] + spike)
            potentials[i].copy_(v - spike)
            spikes.append(spike)
        total.add_(F.linear(spikes[-1].mean((2, 3)), *self.readout))

    def simulate(self):
        static = self.convolve(0, self.images)
        x, potentials = static, [torch.full_like(static, self.units[0]["start"])]
        for i, unit in enumerate(self.units[1:], 1):
            x = self.convolve(i, x)
            potentials.append(torch.full_like(x, unit["start"]))
        counts = [torch.zeros_like(v) for v in potentials]
        total = torch.zeros(len(self.images), len(self.readout[1]))
        for _ in range(self.steps):
            self.compiled(static, potentials, counts, total)
        return total


class SignedIFNode(neuron.BaseNode):
    """Fast-SNN's neuron: may take a spike back while its count is above 0."""

    def __init__(self, start, takes_back_at):
        super().__init__(v_threshold=1.0, v_reset=None)
        self.takes_back_at = takes_back_at
        self.register_memory("count", 0.0)
        self.set_reset_value("v", start)
        self.v = start

    def materialize_states(self, inputs, states, step_mode):
        x = inputs[0][0] if step_mode == "m" else inputs[0]
        return tuple(torch.full_like(x, s) if isinstance(s, float) else s for s in states)

    def single_step_functional_forward(self, inputs, states, **kwargs):
        v, count = states
        v = v + inputs[0]
        spike = (v >= 1.0).to(v) - ((v <= self.takes_back_at) & (count > 0.5)).to(v)
        return (spike,), (v - spike, count + spike)


def node_of(unit):
    if "takesBackAt" in unit:
        return SignedIFNode(unit["start"], unit["takesBackAt"])
    node = neuron.IFNode(v_threshold=1.0, v_reset=None)
    node.set_reset_value("v", unit["start"])
    node.v = unit["start"]
    return node


class Network(nn.Module):
    """The units in SpikingJelly's layers and neurons; `first` is the first unit that has its convolution inside."""

    def __init__(self, units, weights, readout, first):
        super().__init__()
        self.units, self.first = units, first
        self.convolutions = nn.ModuleList()
        for unit, (weight, bias) in zip(units[first:], weights[first:]):
            kernel = weight.shape[-1]
            convolution = layer.Conv2d(*weight.shape[1::-1], kernel, unit["stride"], kernel // 2)
            convolution.weight.data, convolution.bias.data = weight, bias
            self.convolutions.append(convolution)
        self.nodes = nn.ModuleList([node_of(unit) for unit in units])
        linear = layer.Linear(readout[0].shape[1], readout[0].shape[0])
        linear.weight.data, linear.bias.data = readout
        self.head = nn.Sequential(layer.AdaptiveAvgPool2d(1), layer.Flatten(), linear)

    def forward(self, x):
        spikes = []
        for i, unit in enumerate(self.units):
            if i >= self.first:
                x = self.convolutions[i - self.first](x)
            if "shortcut" in unit:
                x = x + shortcut_of(spikes[unit["shortcut"]["from"]], unit["shortcut"], x.shape[-3])
            x = self.nodes[i](x)
            spikes.append(x)
        return self.head(x)


class SpikingJelly(Images):
    def __init__(self, case, mode, static_first, channels_last):
        super().__init__(case, channels_last)
        self.mode, self.static_first = mode, static_first
        self.net = Network(self.units, self.weights, self.readout, 1 if static_first else 0)
        functional.set_step_mode(self.net, mode)

    def simulate(self):
        x = self.convolve(0, self.images) if self.static_first else self.images
        if self.mode == "m":
            total = self.net(x.unsqueeze(0).expand(self.steps, *x.shape)).sum(0)
        else:
            total = 0
            for _ in range(self.steps):
                total = total + self.net(x)
        functional.reset_net(self.net)
        return total


class SnnTorch(Images):
    """snn.Leaky with beta = 1 and reset by subtraction. That it resets a step late changes no spike; at the very threshold
    it would not fire, where the others do."""

    def __init__(self, case, static_first, channels_last):
        super().__init__(case, channels_last)
        self.static_first = static_first
        self.neurons = [snntorch.Leaky(beta=1.0, threshold=1.0, reset_mechanism="subtract") for _ in self.units]

    def simulate(self):
        static = self.convolve(0, self.images) if self.static_first else None
        potentials, total = [None] * len(self.units), 0
        for _ in range(self.steps):
            spikes = []
            for i, unit in enumerate(self.units):
                if i == 0:
                    current = self.convolve(0, self.images) if static is None else static
                else:
                    current = self.convolve(i, spikes[-1])
                if "shortcut" in unit:
                    current = current + shortcut_of(
                        spikes[unit["shortcut"]["from"]], unit["shortcut"], current.shape[1]
                    )
                if potentials[i] is None:
                    potentials[i] = torch.full_like(current, unit["start"])
                spike, potentials[i] = self.neurons[i](current, potentials[i])
                spikes.append(spike)
            total = total + F.linear(spikes[-1].mean((2, 3)), *self.readout)
        return total


def variants(case):
    made = {}

    def add(name, make, *arguments):
        for channels_last in (False, True):
            key = name + ", channels last" * channels_last
            made[key] = lambda channels_last=channels_last: make(case, *arguments, channels_last)

    add("PyTorch loop", Loop)
    add("PyTorch layer by layer", LayerByLayer)
    if any(shutil.which(name) for name in (os.environ.get("CXX"), "g++", "clang++") if name):
        add("PyTorch compiled", Compiled)
    for mode in ("s", "m"):
        for static_first in (False, True):
            add(f"SpikingJelly {mode}" + ", first layer once" * static_first, SpikingJelly, mode, static_first)
    if snntorch is not None and not any("takesBackAt" in unit for unit in case["units"]):
        for static_first in (False, True):
            add("snnTorch" + ", first layer once" * static_first, SnnTorch, static_first)
    return made


peer.serve({case["name"]: variants(case) for case in config["cases"]}, packages=("spikingjelly", "snntorch"))
