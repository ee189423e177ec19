"""Inference of spiking quickstart networks in SpikingJelly: trained directly (LIF), and converted (signed and unsigned IF).

Normalisations are folded into the convolutions, and the first convolution, which sees the same image at every step, may
be computed once ("first layer once").
"""

import peer
import torch
from networks import build, fold, load, thresholds
from peer import Contender
from spikingjelly.activation_based import functional, layer, neuron
from torch import nn

config = peer.config()
images = peer.tensors("images.safetensors")["images"]


class SignedIFNode(neuron.BaseNode):
    """Fast-SNN's neuron: starts at half its threshold, and may take a spike back while its count is above 0."""

    def __init__(self, v_threshold):
        super().__init__(v_threshold=v_threshold, v_reset=None)
        self.register_memory("count", 0.0)
        self.set_reset_value("v", v_threshold / 2)
        self.v = v_threshold / 2

    def materialize_states(self, inputs, states, step_mode):
        x = inputs[0][0] if step_mode == "m" else inputs[0]
        return tuple(torch.full_like(x, s) if isinstance(s, float) else s for s in states)

    def single_step_functional_forward(self, inputs, states, **kwargs):
        v, count = states
        v = v + inputs[0]
        up = v >= self.v_threshold
        down = (v <= -1e-3) & (count > 0.5)
        spike = up.to(v) - down.to(v)
        output = spike * self.v_threshold
        return (output,), (v - output, count + spike)


class Scale(nn.Module):
    def __init__(self, factor):
        super().__init__()
        self.factor = factor

    def forward(self, x):
        return x * self.factor


def unsigned(threshold):
    """SpikingJelly's own neuron with a soft reset; its spikes are 0 or 1, and travel with the threshold as amplitude."""
    node = neuron.IFNode(v_threshold=threshold, v_reset=None)
    node.set_reset_value("v", threshold / 2)
    node.v = threshold / 2
    return nn.Sequential(node, Scale(threshold))


def lif(_threshold):
    return neuron.LIFNode(tau=float(config["tau"]), decay_input=False, v_threshold=1.0, v_reset=None)


class Inference(Contender):
    def __init__(self, case, step_mode, static_first, channels_last):
        self.steps, self.mode = case["steps"], step_mode
        values = peer.tensors(case["weights"])
        alphas = thresholds(values)
        make = {"lif": lif, "signed": SignedIFNode, "unsigned": unsigned}[case["neuron"]]
        layers = build(config["architecture"], lambda i: make(alphas[i]), layer)
        load(layers, values)
        layers = fold(layers)
        split = 1 if static_first else 0
        self.static = nn.Sequential(*layers[:split])
        self.net = nn.Sequential(*layers[split:])
        functional.set_step_mode(self.net, step_mode)
        self.images = images[: case["batch"]]
        if channels_last:
            self.net.to(memory_format=torch.channels_last)
            self.static.to(memory_format=torch.channels_last)
            self.images = self.images.contiguous(memory_format=torch.channels_last)

    @torch.inference_mode()
    def run(self):
        x = self.static(self.images)
        if self.mode == "m":
            logits = self.net(x.unsqueeze(0).expand(self.steps, *x.shape)).mean(0)
        else:
            logits = self.net(x)
            for _ in range(self.steps - 1):
                logits = logits + self.net(x)
            logits = logits / self.steps
        functional.reset_net(self.net)
        return logits

    def check(self):
        return self.run().flatten().tolist()

    def step(self):
        self.run()


def variants(case):
    made = {}
    for mode in ("s", "m"):
        for static_first in (False, True):
            for channels_last in (False, True):
                name = f"SpikingJelly {mode}" + ", first layer once" * static_first + ", channels last" * channels_last
                made[name] = lambda arguments=(mode, static_first, channels_last): Inference(case, *arguments)
    return made


peer.serve({case["name"]: variants(case) for case in config["cases"]}, packages=("spikingjelly",))
