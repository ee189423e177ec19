"""NeuroBench's cost metrics of small networks with fixed weights → test/fixtures/neurobench.json.

Needs neurobench 2.3.0, snntorch 1.0.0 and torch. The spiking network's weights, decay and inputs are multiples of
powers of two, so that every potential is exact and no implementation can decide a spike otherwise. In the dense
network no value that a ReLU sees lies within 1e-4 of 0, but for those that are 0.
"""

import sys
from pathlib import Path

# This file's name is the package's: look for the package elsewhere first.
sys.path = [p for p in sys.path if Path(p or ".").resolve() != Path(__file__).resolve().parent]

import numpy as np
import snntorch as snn
import torch
from neurobench.benchmarks import Benchmark
from neurobench.metrics.static import ConnectionSparsity, Footprint, ParameterCount
from neurobench.metrics.workload import ActivationSparsity, MembraneUpdates, SynapticOperations
from neurobench.models import SNNTorchModel, TorchModel
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

sys.path.append(str(Path(__file__).resolve().parent))
from fixture import draw, numbers, write

IMAGES, STEPS = 3, 5


def grid(shape, seed, low, high, step=0.25, zeros=0.0):
    """Multiples of `step` between low and high, of which about the share `zeros` is set to 0."""
    values = np.round(draw(shape, seed, low, high) / step) * step
    values[draw(shape, seed + 500, 0, 1) < zeros] = 0
    return torch.from_numpy(values.astype(np.float32))


def leaky(last=False):
    return snn.Leaky(beta=0.5, threshold=1.0, reset_mechanism="subtract", init_hidden=True, output=last)


def spiking_network():
    net = nn.Sequential(
        nn.Conv2d(2, 6, 3, stride=2, padding=1), leaky(),
        nn.Conv2d(6, 4, 3, padding=1, groups=2), leaky(),
        nn.Flatten(),
        nn.Linear(80, 5), leaky(last=True),
    )  # fmt: skip
    with torch.no_grad():
        for i, layer in enumerate((net[0], net[2], net[5])):
            layer.weight.copy_(grid(layer.weight.shape, 10 + i, -0.8, 1.0, zeros=(0.3, 0.2, 0.4)[i]))
            layer.bias.copy_(grid(layer.bias.shape, 20 + i, -0.3, 0.6))
    return net


def dense_network():
    net = nn.Sequential(
        nn.Conv2d(2, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4), nn.ReLU(),
        nn.AvgPool2d(2),
        nn.Conv2d(4, 6, 2, stride=2, padding=1, groups=2, bias=True), nn.ReLU(),
        nn.Flatten(),
        nn.Linear(54, 5),
    )  # fmt: skip
    with torch.no_grad():
        for i, layer in enumerate((net[0], net[4], net[7])):
            layer.weight.copy_(grid(layer.weight.shape, 30 + i, -0.8, 1.0, zeros=0.25))
            if layer.bias is not None:
                layer.bias.copy_(grid(layer.bias.shape, 40 + i, -0.3, 0.3))
        norm = net[1]
        norm.weight.copy_(grid((4,), 50, 0.5, 1.5))
        norm.bias.copy_(grid((4,), 51, -0.5, 0.5))
        norm.running_mean.copy_(grid((4,), 52, -0.5, 0.5))
        norm.running_var.copy_(grid((4,), 53, 0.5, 2.0))
    closest = []
    for module in net:
        if isinstance(module, nn.ReLU):
            module.register_forward_pre_hook(lambda _m, x: closest.append(x[0][x[0] != 0].abs().min().item()))
    return net, closest


def measure(model, data, workload):
    """NeuroBench's results over the images one at a time and in one batch, which must agree."""
    results = []
    for batch in (1, IMAGES):
        loader = DataLoader(TensorDataset(data, torch.zeros(IMAGES)), batch_size=batch)
        results.append(Benchmark(model, loader, [], [], [[ParameterCount, ConnectionSparsity], workload]).run(quiet=True))
    for key, value in results[0].items():
        close = np.allclose(list(value.values()) if isinstance(value, dict) else value, list(results[1][key].values()) if isinstance(value, dict) else results[1][key])
        assert close, (key, results)
    ops = results[1]["SynapticOperations"]
    return {
        "parameters": results[1]["ParameterCount"],
        "connectionSparsity": results[1]["ConnectionSparsity"],
        "activationSparsity": results[1]["ActivationSparsity"],
        "effectiveMacs": ops["Effective_MACs"],
        "effectiveAcs": ops["Effective_ACs"],
        "dense": ops["Dense"],
        **({"membraneUpdates": results[1]["MembraneUpdates"]} if "MembraneUpdates" in results[1] else {}),
    }


def weights_of(layers):
    return [{"weight": numbers(layer.weight), **({"bias": numbers(layer.bias)} if layer.bias is not None else {})} for layer in layers]


def bytes_of(modules):
    """What NeuroBench's footprint gives for these modules alone."""
    return Footprint()(TorchModel(nn.Sequential(*modules)))


def spiking_case(name, data):
    net = spiking_network()
    layers = [net[0], net[2], net[5]]
    spikes = [0, 0, 0]
    for i, neuron in enumerate((net[1], net[3], net[6])):

        def count(_module, _input, output, i=i):
            fired = output[0] if isinstance(output, tuple) else output
            spikes[i] += int(fired.sum())

        neuron.register_forward_hook(count)
    footprint = bytes_of(layers)
    model = SNNTorchModel(net)
    expected = measure(model, data, [ActivationSparsity, SynapticOperations, MembraneUpdates])
    spikes[:] = [0, 0, 0]
    model(data)
    rates = [s / (IMAGES * STEPS * n) for s, n in zip(spikes, (120, 80, 5))]
    assert all(0.05 < rate < 0.8 for rate in rates), rates
    parameters = sum(p.numel() for layer in layers for p in layer.parameters())
    return {"name": name, "images": IMAGES, "steps": STEPS, "input": numbers(data), "layers": weights_of(layers), **expected, "parameters": parameters, "footprint": footprint, "spikes": spikes}


def dense_case():
    net, closest = dense_network()
    data = torch.from_numpy(draw((IMAGES, 2, 8, 8), 60, 0, 1))
    data[draw((IMAGES, 2, 8, 8), 61, 0, 1) < 0.3] = 0
    layers = [net[0], net[4], net[7]]
    norm = net[1]
    expected = measure(TorchModel(net), data, [ActivationSparsity, SynapticOperations])
    assert min(closest) > 1e-4, closest
    # PyTorch's normalisation keeps a count of batches, one int64, which is no part of the network here.
    footprint = bytes_of([*layers, norm]) - norm.num_batches_tracked.element_size()
    normalization = {"gamma": numbers(norm.weight), "beta": numbers(norm.bias), "mean": numbers(norm.running_mean), "variance": numbers(norm.running_var)}
    return {"images": IMAGES, "input": numbers(data), "layers": weights_of(layers), "normalization": normalization, **expected, "footprint": footprint}


if __name__ == "__main__":
    shape = (IMAGES, STEPS, 2, 9, 8)
    spikes = torch.from_numpy((draw(shape, 1, 0, 1) < 0.3).astype(np.float32))
    signed = torch.from_numpy((draw(shape, 2, 0, 1) < 0.4).astype(np.float32) * np.sign(draw(shape, 3)).astype(np.float32))
    image = grid((IMAGES, 1, 2, 9, 8), 4, 0, 1, step=0.125, zeros=0.2).expand(IMAGES, STEPS, 2, 9, 8).contiguous()
    cases = [spiking_case("spikes", spikes), spiking_case("signed spikes", signed), spiking_case("the same image at every step", image)]
    cases[2]["input"] = numbers(image[:, 0])
    write("neurobench", "reference/neurobench.py", {"neurobench": "2.3.0", "spiking": cases, "dense": dense_case()})
