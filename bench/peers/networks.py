"""The network of config.json in PyTorch and in SpikingJelly, with the parameters of a safetensors file."""

import torch
from torch import nn


def build(architecture, activation, modules=nn):
    """The layers in order. `activation` makes the unit of the i-th activation; `modules` is torch.nn or
    spikingjelly.activation_based.layer."""
    layers, channels, index = [], architecture["input"]["channels"], 0
    for entry in architecture["layers"]:
        if entry["type"] == "conv":
            outputs, kernel = entry["channels"], entry["kernel"]
            layers.append(modules.Conv2d(channels, outputs, kernel, entry.get("stride", 1), kernel // 2, bias=False))
            channels = outputs
        elif entry["type"] == "norm":
            layers.append(modules.BatchNorm2d(channels))
        elif entry["type"] == "activation":
            layers.append(activation(index))
            index += 1
        elif entry["type"] == "globalAveragePool":
            layers += [modules.AdaptiveAvgPool2d(1), modules.Flatten()]
        elif entry["type"] == "linear":
            layers.append(modules.Linear(channels, entry["features"]))
        else:
            raise ValueError(f"no counterpart of the layer {entry['type']}")
    return layers


def load(layers, values):
    """Copies parameters named as Striate names them: conv1/weight, norm1/gamma, ..."""
    counts = {"conv": 0, "norm": 0, "linear": 0}

    def fill(kind, **targets):
        counts[kind] += 1
        for name, target in targets.items():
            target.data.copy_(values[f"{kind}{counts[kind]}/{name}"])

    for layer in layers:
        if isinstance(layer, nn.Conv2d):
            fill("conv", weight=layer.weight)
        elif isinstance(layer, nn.BatchNorm2d):
            fill("norm", gamma=layer.weight, beta=layer.bias, mean=layer.running_mean, variance=layer.running_var)
        elif isinstance(layer, nn.Linear):
            fill("linear", weight=layer.weight, bias=layer.bias)


def thresholds(values):
    """The learned thresholds of the activation units, in order."""
    count = sum(name.startswith("activation") for name in values)
    return [float(values[f"activation{i + 1}/threshold"]) for i in range(count)]


def fold(layers):
    """The layers with every normalisation folded into the convolution before it, for inference."""
    folded = []
    for layer in layers:
        layer.eval()
        if isinstance(layer, nn.BatchNorm2d):
            convolution = folded[-1]
            scale = layer.weight.data / torch.sqrt(layer.running_var + layer.eps)
            convolution.weight.data.mul_(scale[:, None, None, None])
            convolution.bias = nn.Parameter(layer.bias.data - layer.running_mean * scale)
        else:
            folded.append(layer)
    return folded


def optimizer(module, rule):
    """SGD with momentum; weight decay on the weights of convolutions and linear layers only."""
    decayed = [m.weight for m in module.modules() if isinstance(m, (nn.Conv2d, nn.Linear))]
    known = {id(parameter) for parameter in decayed}
    others = [parameter for parameter in module.parameters() if id(parameter) not in known]
    groups = [{"params": decayed, "weight_decay": rule["weightDecay"]}, {"params": others, "weight_decay": 0.0}]
    return torch.optim.SGD(groups, lr=rule["learningRate"], momentum=rule["momentum"], fused=True)
