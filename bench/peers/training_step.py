"""Training steps of the quickstart network in PyTorch: float, and with 3-bit quantised ReLUs."""

import peer
import torch
from networks import build, load, thresholds
from torch import nn
from training import Training

config = peer.config()
weights = peer.tensors("weights.safetensors")
batches = peer.tensors("batches.safetensors")


class QuantizedReluFunction(torch.autograd.Function):
    """a * round(clip(x / a, 0, 1) * n) / n with straight-through gradients for x and the threshold a."""

    @staticmethod
    def forward(ctx, x, alpha, levels):
        scaled = torch.clamp(x * (levels / alpha), 0, levels)
        rounded = torch.round(scaled)
        ctx.save_for_backward(x, alpha, rounded - scaled)
        ctx.levels = levels
        return rounded * (alpha / levels)

    @staticmethod
    def backward(ctx, upstream):
        x, alpha, rounding = ctx.saved_tensors
        above = x > alpha
        inside = (x > 0) & ~above
        slope = rounding / ctx.levels + above
        return upstream * inside, (upstream * slope).sum(), None


class QuantizedRelu(nn.Module):
    def __init__(self, alpha, levels):
        super().__init__()
        self.alpha = nn.Parameter(torch.tensor(alpha))
        self.levels = levels

    def forward(self, x):
        return QuantizedReluFunction.apply(x, self.alpha, self.levels)


def training(activation, channels_last):
    layers = build(config["architecture"], activation)
    load(layers, weights)
    return Training(nn.Sequential(*layers), batches, config["rule"], config["checkedSteps"], channels_last)


alphas = thresholds(weights)
units = {
    "float": lambda i: nn.ReLU(inplace=True),
    "3-bit": lambda i: QuantizedRelu(alphas[i], config["levels"]),
}
peer.serve(
    {
        name: {
            "PyTorch": lambda unit=unit: training(unit, False),
            "PyTorch, channels last": lambda unit=unit: training(unit, True),
        }
        for name, unit in units.items()
    }
)
