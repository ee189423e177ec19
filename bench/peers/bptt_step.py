"""Training steps of the spiking quickstart network by back-propagation through time: SpikingJelly, and PyTorch alone."""

import math

import peer
import torch
from networks import build, load
from spikingjelly.activation_based import functional, layer, neuron, surrogate
from torch import nn
from training import Training

config = peer.config()
weights = peer.tensors("weights.safetensors")
batches = peer.tensors("batches.safetensors")
T, TAU = config["steps"], float(config["tau"])


def lif(_index):
    return neuron.LIFNode(
        tau=TAU,
        decay_input=False,
        v_threshold=1.0,
        v_reset=None,
        surrogate_function=surrogate.ATan(alpha=2.0),
        detach_reset=True,
        step_mode="m",
    )


class SpikingJelly(nn.Module):
    """Multi-step mode. The image is presented at every step; with `static_first` the first convolution and its
    normalisation, which have no memory, see it once."""

    def __init__(self, static_first):
        super().__init__()
        layers = build(config["architecture"], lif, layer)
        load(layers, weights)
        split = 2 if static_first else 0
        self.static = nn.Sequential(*layers[:split])
        self.net = nn.Sequential(*layers[split:])
        functional.set_step_mode(self.net, "m")

    def forward(self, x):
        x = self.static(x)
        return self.net(x.unsqueeze(0).expand(T, *x.shape)).mean(0)


class ArctangentSpike(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return (x >= 0).to(x)

    @staticmethod
    def backward(ctx, upstream):
        (x,) = ctx.saved_tensors
        return upstream / (1 + (math.pi * x).square())


class LeakyLoop(nn.Module):
    """Leaky integrate-and-fire in plain PyTorch, (T or 1, N, ...) -> (T, N, ...)."""

    def forward(self, current):
        v, spikes = None, []
        for t in range(T):
            x = current[t] if current.shape[0] > 1 else current[0]
            v = x if v is None else v * (1 - 1 / TAU) + x
            spike = ArctangentSpike.apply(v - 1.0)
            v = v - spike.detach()
            spikes.append(spike)
        return torch.stack(spikes)


class PlainPyTorch(nn.Module):
    """Layer by layer: the steps folded into the batch, except in the neurons; the first convolution sees the image once."""

    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList(build(config["architecture"], lambda i: LeakyLoop()))
        load(self.layers, weights)

    def forward(self, x):
        steps = 1
        for module in self.layers:
            if isinstance(module, LeakyLoop):
                x = module(x.unflatten(0, (steps, -1))).flatten(0, 1)
                steps = T
            else:
                x = module(x)
        return x.unflatten(0, (T, -1)).mean(0)


def spikingjelly(static_first, channels_last):
    net = SpikingJelly(static_first)
    return Training(
        net, batches, config["rule"], config["checkedSteps"], channels_last, after=lambda: functional.reset_net(net)
    )


def plain(channels_last):
    return Training(PlainPyTorch(), batches, config["rule"], config["checkedSteps"], channels_last)


peer.serve(
    {
        "LIF": {
            "SpikingJelly m": lambda: spikingjelly(False, False),
            "SpikingJelly m, channels last": lambda: spikingjelly(False, True),
            "SpikingJelly m, first layer once": lambda: spikingjelly(True, False),
            "SpikingJelly m, first layer once, channels last": lambda: spikingjelly(True, True),
            "PyTorch loop": lambda: plain(False),
            "PyTorch loop, channels last": lambda: plain(True),
        }
    },
    packages=("spikingjelly",),
)
