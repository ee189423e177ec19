"""A linear layer and leaky integrate-and-fire neurons over many steps: PyTorch, SpikingJelly, snnTorch and Norse.

The shape of Open Neuromorphic's comparison (2023), with one neuron for all libraries, so that they give the same spikes:
v <- decay v + (1 - decay) I, a spike where v > 1, then v = 0. The folder holds

  config.json  {"cases": [{"name", "decay", "scale", "weights", "input": names of safetensors files}]}
  weights      weight (n, n), which is multiplied by the scale, and bias (n)
  input        input (T, batch, n): float32, or spikes as bytes

What check gives: each neuron's spikes, all steps and the batch together. A step returns the spikes (T, batch, n).
"""

import functools
import os
import shutil

import peer
import torch
import torch.nn.functional as F
from peer import Contender
from spikingjelly.activation_based import functional, layer, neuron
from torch import nn

snntorch = peer.optional("snntorch")
norse_snn = peer.optional("norse.torch.module.snn")
norse_box = peer.optional("norse.torch.functional.lif_box")
config = peer.config()


@functools.lru_cache(maxsize=1)
def arrays(weights, scale, input_name):
    """Weights, biases and input of a case, shared by its variants."""
    values = peer.tensors(weights)
    return values["weight"] * scale, values["bias"], peer.tensors(input_name)["input"].float()


class Layer(Contender):
    def __init__(self, case):
        self.decay = case["decay"]
        self.weight, self.bias, self.input = arrays(case["weights"], case["scale"], case["input"])

    def check(self):
        return self.step().sum((0, 1)).tolist()

    @torch.inference_mode()
    def step(self):
        return self.run()

    def linear(self, x):
        return F.linear(x, self.weight, self.bias)


class PyTorch(Layer):
    """The linear layer over all steps at once; the neurons step after step, in place."""

    def run(self):
        spikes = self.linear(self.input)
        v = torch.zeros_like(spikes[0])
        for s in spikes:
            v.mul_(self.decay).add_(s, alpha=1 - self.decay)
            torch.gt(v, 1.0, out=s)
            v.mul_(1 - s)
        return spikes


class Compiled(Layer):
    """The same with ten steps of the neurons compiled into one kernel."""

    span = 10

    def __init__(self, case):
        super().__init__(case)
        self.compiled = torch.compile(self.fire, dynamic=False)

    def fire(self, current, v):
        spikes = []
        for x in current.unbind(0):
            v = self.decay * v + (1 - self.decay) * x
            spike = (v > 1.0).to(v.dtype)
            v = v * (1 - spike)
            spikes.append(spike)
        return torch.stack(spikes), v

    def run(self):
        current = self.linear(self.input)
        v, spikes = torch.zeros_like(current[0]), torch.empty_like(current)
        for begin in range(0, len(current), self.span):
            fired, v = self.compiled(current[begin : begin + self.span], v)
            spikes[begin : begin + self.span] = fired
        return spikes


class SpikingJelly(Layer):
    def __init__(self, case, mode):
        super().__init__(case)
        self.mode = mode
        linear = layer.Linear(*self.weight.shape[::-1])
        linear.weight.data, linear.bias.data = self.weight, self.bias
        node = neuron.LIFNode(tau=1 / (1 - self.decay), decay_input=True, v_threshold=1.0, v_reset=0.0)
        self.net = nn.Sequential(linear, node)
        functional.set_step_mode(self.net, mode)

    def run(self):
        spikes = self.net(self.input) if self.mode == "m" else torch.stack([self.net(x) for x in self.input])
        functional.reset_net(self.net)
        return spikes


class SnnTorch(Layer):
    """Leaky with the reset to zero; its input is not weighed by 1 - beta, so the linear layer is."""

    def __init__(self, case, at_once):
        super().__init__(case)
        self.weight, self.bias = self.weight * (1 - self.decay), self.bias * (1 - self.decay)
        self.at_once = at_once
        self.neurons = snntorch.Leaky(beta=self.decay, reset_mechanism="zero")

    def run(self):
        spikes, v = [], torch.zeros_like(self.input[0])
        for x in self.linear(self.input) if self.at_once else self.input:
            spike, v = self.neurons(x if self.at_once else self.linear(x), v)
            spikes.append(spike)
        return torch.stack(spikes)


class Norse(Layer):
    """Neurons without a synaptic current (LIFBox), over all steps; Norse has no other form of this neuron."""

    def __init__(self, case):
        super().__init__(case)
        step = 0.001
        parameters = norse_box.LIFBoxParameters(tau_mem_inv=torch.tensor((1 - self.decay) / step))
        state = lambda x: norse_box.LIFBoxFeedForwardState(v=torch.zeros_like(x[0]))
        self.neurons = norse_snn.SNN(norse_box.lif_box_feed_forward_step, state, parameters, dt=step)

    def run(self):
        return self.neurons(self.linear(self.input))[0]


def variants(case):
    made = {"PyTorch loop": lambda: PyTorch(case)}
    if any(shutil.which(name) for name in (os.environ.get("CXX"), "g++", "clang++") if name):
        made["PyTorch compiled"] = lambda: Compiled(case)
    for mode in ("s", "m"):
        made[f"SpikingJelly {mode}"] = lambda mode=mode: SpikingJelly(case, mode)
    if snntorch is not None:
        made["snnTorch, layer by layer"] = lambda: SnnTorch(case, True)
        made["snnTorch, step by step"] = lambda: SnnTorch(case, False)
    if norse_snn is not None:
        made["Norse"] = lambda: Norse(case)
    return made


peer.serve(
    {case["name"]: variants(case) for case in config["cases"]}, packages=("spikingjelly", "snntorch", "norse")
)
