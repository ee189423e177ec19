"""Uncompensated Spiking ResNet conversion in plain PyTorch → test/fixtures/spiking_resnet.json, spiking_resnet/*.onnx.

Hu, Tang, Pan: Spiking Deep Residual Networks, TNNLS 2021 (arXiv 1805.01352). float32 throughout.

Five small networks for images (3, 8, 8) with 5 classes; images and parameters are drawn (fixture.py). "identity",
"projection" and "plain" are given as an architecture with parameters by name; "padded" (a shortcut that drops every
other pixel and pads channels with zeros) and "concat" (two branches joined before a convolution) as ONNX files, input
"image" (N, 3, 8, 8), output "logits" (N, 5). padded.onnx has BatchNormalization nodes; concat.onnx has none: its
normalisations are folded into the convolutions already. "units" are the ReLUs in order, by the name of the
architecture's activation or of the ONNX node.

Conversion. Normalisations are folded (eps 1e-5). λ of a unit is numpy.percentile(a, 99.9), linear, over all values of
its float activation a on the calibration images ("maximum": the 100th). λ of the image is 1: it is fed as it is, at
every step. In units of λ_out = λ of the unit that is driven, the currents are

    convolution            W λ_in / λ_out, per input channel after a concatenation; bias b / λ_out
    identity, padded       λ_in / λ_out
    projection             W_s λ_in / λ_out, bias b_s / λ_out

Average pooling has no neurons: it passes on means of spikes. Without shortcut normalisation, an identity or padded
shortcut has weight 1 and a projection keeps W_s, with bias b_s / λ_in: what it adds is in units of λ_in. Everything
else is the same, λ too.

    V += I;  s = [V ≥ 1];  V −= s;  N += s        V = 1/2, or 0, before the first step

The last linear layer has no neurons: current I_t = W λ_in s_t + b, "sum" Σ_t I_t, "membrane" the mean over t = 1 … T
of Σ_{u ≤ t} I_u. In every run that is recorded, no V lies within 1e-4 of 1 when it is compared. "counts" are N of every
neuron in base 36, one digit each, image after image.
"""

import math
from dataclasses import dataclass

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from fixture import FIXTURES, draw, number, numbers, write
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

IMAGE, CLASSES, EPSILON, MARGIN = (3, 8, 8), 5, 1e-5, 1e-4
CALIBRATION, STEPS, TESTED, CANDIDATES = 24, (8, 16), 2, 12000


# --- parameters --------------------------------------------------------------------------------------------------
class Parameters:
    """Drawn arrays by name; each has its own seed."""

    def __init__(self, seed):
        self.seed, self.stored, self.values = seed, {}, {}

    def draw(self, name, shape, low, high):
        self.seed += 1
        self.stored[name] = {"shape": list(shape), "seed": self.seed, "low": low, "high": high}
        self.values[name] = torch.from_numpy(draw(shape, self.seed, low, high))
        return self.values[name]

    def convolution(self, conv, norm, inputs, outputs, kernel):
        """A convolution with the normalisation after it folded in: weight and bias."""
        bound = round(math.sqrt(6 / (inputs * kernel * kernel)), 3)
        weight = self.draw(f"{conv}/weight", (outputs, inputs, kernel, kernel), -bound, bound)
        gamma = self.draw(f"{norm}/gamma", (outputs,), 0.6, 1.2)
        beta = self.draw(f"{norm}/beta", (outputs,), -0.2, 0.4)
        mean = self.draw(f"{norm}/mean", (outputs,), -0.3, 0.3)
        variance = self.draw(f"{norm}/variance", (outputs,), 0.5, 1.5)
        scale = gamma / torch.sqrt(variance + EPSILON)
        return weight * scale[:, None, None, None], beta - mean * scale

    def linear(self, name, inputs):
        bound = round(math.sqrt(3 / inputs), 3)
        return self.draw(f"{name}/weight", (CLASSES, inputs), -bound, bound), self.draw(f"{name}/bias", (CLASSES,), -0.2, 0.2)


# --- networks, as what drives each unit --------------------------------------------------------------------------
@dataclass
class Convolution:
    """From the concatenated outputs of `sources`, average-pooled where `pool` > 1."""

    sources: tuple
    weight: torch.Tensor
    bias: torch.Tensor
    stride: int = 1
    pool: int = 1
    is_shortcut: bool = False


@dataclass
class Identity:
    """From one unit; with another stride and number of channels, every stride-th pixel and zeros around the channels."""

    source: str
    stride: int = 1
    padding: int = 0


@dataclass
class Readout:
    """Average pooling over windows of `pool` pixels, flattening, a linear layer."""

    source: str
    pool: int
    weight: torch.Tensor
    bias: torch.Tensor


@dataclass
class Network:
    name: str
    units: dict
    readout: Readout
    description: dict
    model: onnx.ModelProto = None


def drive(synapses, outputs, scales, target, normalize):
    """The current that synapses bring to a unit of scale `target`; every source has a scale, 1 in the float network."""
    total = 0
    for synapse in synapses:
        if isinstance(synapse, Identity):
            factor = scales[synapse.source] / target if normalize else 1.0
            x = outputs[synapse.source][:, :, :: synapse.stride, :: synapse.stride]
            total = total + F.pad(x, (0, 0, 0, 0, synapse.padding, synapse.padding)) * factor
            continue
        unit = target if normalize or not synapse.is_shortcut else scales[synapse.sources[0]]
        per_channel = torch.cat([torch.full((outputs[source].shape[1],), scales[source]) for source in synapse.sources])
        x = F.avg_pool2d(torch.cat([outputs[source] for source in synapse.sources], 1), synapse.pool)
        weight = synapse.weight * (per_channel / unit)[:, None, None]
        total = total + F.conv2d(x, weight, synapse.bias / unit, synapse.stride, synapse.weight.shape[2] // 2)
    return total


def read_out(readout, outputs, scale):
    return F.linear(F.avg_pool2d(outputs[readout.source], readout.pool).flatten(1) * scale, readout.weight, readout.bias)


def activations(network, images):
    outputs = {"image": images}
    ones = dict.fromkeys(["image", *network.units], 1.0)
    for name, synapses in network.units.items():
        outputs[name] = torch.relu(drive(synapses, outputs, ones, 1.0, True))
    return outputs, read_out(network.readout, outputs, 1.0)


def simulate(network, images, scales, start, normalize):
    """Counts of each unit and summed readouts at each of STEPS, and each image's closest call."""
    potential = {name: start for name in network.units}
    counts = {name: 0 for name in network.units}
    total, membrane = 0, 0
    closest = torch.full((len(images),), math.inf)
    record = {}
    for step in range(1, max(STEPS) + 1):
        outputs = {"image": images}
        for name, synapses in network.units.items():
            v = potential[name] + drive(synapses, outputs, scales, scales[name], normalize)
            closest = torch.minimum(closest, (v - 1).abs().flatten(1).amin(1))
            outputs[name] = (v >= 1).float()
            potential[name] = v - outputs[name]
            counts[name] = counts[name] + outputs[name]
        total = total + read_out(network.readout, outputs, scales[network.readout.source])
        membrane = membrane + total
        if step in STEPS:
            record[step] = {"counts": dict(counts), "sum": total, "membrane": membrane / step}
    return record, closest


def conv(channels, kernel=3, stride=1):
    return [{"type": "conv", "channels": channels, "kernel": kernel, "stride": stride}, {"type": "norm"}]


ACTIVATION = {"type": "activation"}
HEAD = [{"type": "globalAveragePool"}, {"type": "linear", "features": CLASSES}]


def described(layers, parameters):
    channels, height, width = IMAGE
    architecture = {"input": {"channels": channels, "height": height, "width": width}, "layers": layers}
    return {"architecture": architecture, "parameters": parameters.stored}


def identity():
    p = Parameters(1000)
    units = {
        "activation1": [Convolution(("image",), *p.convolution("conv1", "norm1", 3, 4, 3))],
        "residual1/activation1": [Convolution(("activation1",), *p.convolution("residual1/conv1", "residual1/norm1", 4, 4, 3))],
        "activation2": [
            Convolution(("residual1/activation1",), *p.convolution("residual1/conv2", "residual1/norm2", 4, 4, 3)),
            Identity("activation1"),
        ],
    }
    layers = [*conv(4), ACTIVATION, {"type": "residual", "branch": [*conv(4), ACTIVATION, *conv(4)]}, ACTIVATION, *HEAD]
    return Network("identity", units, Readout("activation2", 8, *p.linear("linear1", 4)), described(layers, p))


def projection():
    p = Parameters(2000)
    units = {
        "activation1": [Convolution(("image",), *p.convolution("conv1", "norm1", 3, 4, 3))],
        "residual1/activation1": [Convolution(("activation1",), *p.convolution("residual1/conv1", "residual1/norm1", 4, 6, 3), stride=2)],
        "activation2": [
            Convolution(("residual1/activation1",), *p.convolution("residual1/conv2", "residual1/norm2", 6, 6, 3)),
            Convolution(("activation1",), *p.convolution("residual1/shortcut/conv1", "residual1/shortcut/norm1", 4, 6, 1), stride=2, is_shortcut=True),
        ],
    }
    residual = {"type": "residual", "branch": [*conv(6, stride=2), ACTIVATION, *conv(6)], "shortcut": conv(6, kernel=1, stride=2)}
    layers = [*conv(4), ACTIVATION, residual, ACTIVATION, *HEAD]
    return Network("projection", units, Readout("activation2", 4, *p.linear("linear1", 6)), described(layers, p))


def plain():
    p = Parameters(3000)
    units = {
        "activation1": [Convolution(("image",), *p.convolution("conv1", "norm1", 3, 5, 3))],
        "activation2": [Convolution(("activation1",), *p.convolution("conv2", "norm2", 5, 8, 3), pool=2)],
        "activation3": [Convolution(("activation2",), *p.convolution("conv3", "norm3", 8, 8, 3))],
    }
    pool = {"type": "averagePool", "kernel": 2}
    layers = [*conv(5), ACTIVATION, pool, *conv(8), ACTIVATION, *conv(8), ACTIVATION, pool, {"type": "flatten"}, {"type": "linear", "features": CLASSES}]
    return Network("plain", units, Readout("activation3", 2, *p.linear("linear1", 32)), described(layers, p))


# --- networks as ONNX files --------------------------------------------------------------------------------------
def array(name, values, dtype=np.float32):
    return numpy_helper.from_array(np.asarray(values, dtype), name)


def model(name, nodes, initializers):
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, ["N", *IMAGE])
    logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["N", CLASSES])
    graph = helper.make_graph(nodes, name, [image], [logits], initializers)
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8, producer_name="spiking_resnet.py")
    onnx.checker.check_model(made, full_check=True)
    return made


def convolution_node(name, source, initializers, values, kernel=3, stride=1):
    """A Conv node and its arrays; `values` are the weight and, where there is one, the bias."""
    names = [f"{name}.{kind}" for kind, _ in zip(("weight", "bias"), values)]
    initializers += [array(key, value) for key, value in zip(names, values)]
    half = kernel // 2
    return helper.make_node("Conv", [source, *names], [name], name, kernel_shape=[kernel, kernel], pads=[half] * 4, strides=[stride, stride])


def head_nodes(source, initializers, weight, bias):
    initializers += [array("linear.weight", weight), array("linear.bias", bias)]
    return [
        helper.make_node("GlobalAveragePool", [source], ["pooled"], "pool"),
        helper.make_node("Flatten", ["pooled"], ["features"], "flatten", axis=1),
        helper.make_node("Gemm", ["features", "linear.weight", "linear.bias"], ["logits"], "linear", transB=1),
    ]


def padded():
    p = Parameters(4000)
    units = {
        "relu1": [Convolution(("image",), *p.convolution("conv1", "norm1", 3, 4, 3))],
        "relu2": [Convolution(("relu1",), *p.convolution("conv2", "norm2", 4, 8, 3), stride=2)],
        "relu3": [Convolution(("relu2",), *p.convolution("conv3", "norm3", 8, 8, 3)), Identity("relu1", stride=2, padding=2)],
    }
    readout = Readout("relu3", 4, *p.linear("linear1", 8))
    arrays, nodes = [], []

    def unit(number, source, stride):
        nodes.append(convolution_node(f"conv{number}", source, arrays, [p.values[f"conv{number}/weight"]], stride=stride))
        names = [f"norm{number}.{kind}" for kind in ("gamma", "beta", "mean", "variance")]
        arrays.extend(array(name, p.values[name.replace(".", "/")]) for name in names)
        nodes.append(helper.make_node("BatchNormalization", [f"conv{number}", *names], [f"norm{number}"], f"norm{number}", epsilon=EPSILON))

    unit(1, "image", 1)
    nodes.append(helper.make_node("Relu", ["norm1"], ["relu1"], "relu1"))
    unit(2, "relu1", 2)
    nodes.append(helper.make_node("Relu", ["norm2"], ["relu2"], "relu2"))
    unit(3, "relu2", 1)
    for name, values in (("starts", [0, 0]), ("ends", [2**63 - 1] * 2), ("axes", [2, 3]), ("steps", [2, 2]), ("pads", [0, 2, 0, 0, 0, 2, 0, 0])):
        arrays.append(array(name, values, np.int64))
    nodes += [
        helper.make_node("Slice", ["relu1", "starts", "ends", "axes", "steps"], ["slice"], "slice"),
        helper.make_node("Pad", ["slice", "pads"], ["pad"], "pad", mode="constant"),
        helper.make_node("Add", ["pad", "norm3"], ["add"], "add"),
        helper.make_node("Relu", ["add"], ["relu3"], "relu3"),
        *head_nodes("relu3", arrays, readout.weight, readout.bias),
    ]
    return Network("padded", units, readout, {"onnx": "padded.onnx"}, model("padded", nodes, arrays))


def concat():
    p = Parameters(5000)
    stem = p.convolution("conv1", "norm1", 3, 4, 3)
    wide, narrow = p.convolution("conv2", "norm2", 4, 3, 3), p.convolution("conv3", "norm3", 4, 2, 1)
    joined = p.convolution("conv4", "norm4", 5, 4, 3)
    units = {
        "relu1": [Convolution(("image",), *stem)],
        "relu2": [Convolution(("relu1",), *wide)],
        "relu3": [Convolution(("relu1",), *narrow)],
        "relu4": [Convolution(("relu2", "relu3"), *joined)],
    }
    readout = Readout("relu4", 8, *p.linear("linear1", 4))
    arrays = []
    nodes = [
        convolution_node("conv1", "image", arrays, stem),
        helper.make_node("Relu", ["conv1"], ["relu1"], "relu1"),
        convolution_node("conv2", "relu1", arrays, wide),
        helper.make_node("Relu", ["conv2"], ["relu2"], "relu2"),
        convolution_node("conv3", "relu1", arrays, narrow, kernel=1),
        helper.make_node("Relu", ["conv3"], ["relu3"], "relu3"),
        helper.make_node("Concat", ["relu2", "relu3"], ["concat"], "concat", axis=1),
        convolution_node("conv4", "concat", arrays, joined),
        helper.make_node("Relu", ["conv4"], ["relu4"], "relu4"),
        *head_nodes("relu4", arrays, readout.weight, readout.bias),
    ]
    return Network("concat", units, readout, {"onnx": "concat.onnx"}, model("concat", nodes, arrays))


# --- what is recorded --------------------------------------------------------------------------------------------
def images_of(stored):
    return torch.from_numpy(draw(stored["shape"], stored["seed"], stored["low"], stored["high"]))


def described_images(seed, count):
    return {"shape": [count, *IMAGE], "seed": seed, "low": -1.5, "high": 1.5}


def digits(counts):
    return "".join(np.base_repr(int(n), 36) for n in counts.flatten())


def case(network, seed):
    calibration = described_images(seed, CALIBRATION)
    recorded, _ = activations(network, images_of(calibration))
    values = {name: recorded[name].numpy().reshape(-1) for name in network.units}
    scales = {name: float(np.percentile(a, 99.9)) for name, a in values.items()}
    with_image = {"image": 1.0, **scales}

    has_shortcut = any(isinstance(s, Identity) or s.is_shortcut for synapses in network.units.values() for s in synapses)
    variants = [{"start": 0.5, "normalizeShortcuts": True}, {"start": 0, "normalizeShortcuts": True}]
    if has_shortcut:
        variants.append({"start": 0.5, "normalizeShortcuts": False})

    # images of which no run comes near a threshold
    candidates = [described_images(seed + 1 + k, 1) for k in range(CANDIDATES)]
    images = torch.cat([images_of(stored) for stored in candidates])
    closest = torch.full((len(images),), math.inf)
    for variant in variants:
        closest = torch.minimum(closest, simulate(network, images, with_image, variant["start"], variant["normalizeShortcuts"])[1])
    chosen = torch.nonzero(closest > 1.2 * MARGIN).flatten()[:TESTED].tolist()
    assert len(chosen) == TESTED, f"{network.name}: {len(chosen)} of {CANDIDATES} images will do"
    images = images[chosen]

    _, logits = activations(network, images)
    if network.model is not None:
        answer = ReferenceEvaluator(network.model).run(None, {"image": images.numpy()})[0]
        assert np.abs(answer - logits.numpy()).max() < 1e-5
    runs = []
    for variant in variants:
        record, closest = simulate(network, images, with_image, variant["start"], variant["normalizeShortcuts"])
        assert closest.min() > MARGIN
        for steps, result in record.items():
            counts = {name: digits(n) for name, n in result["counts"].items()}
            runs.append({**variant, "steps": steps, "counts": counts, "sum": numbers(result["sum"]), "membrane": numbers(result["membrane"])})
    units = [{"name": name, "lambda": number(scales[name]), "maximum": number(a.max()), "size": list(recorded[name].shape[1:])} for name, a in values.items()]
    return {"name": network.name, **network.description, "calibration": calibration, "images": [candidates[k] for k in chosen],
            "logits": numbers(logits), "units": units, "runs": runs}


if __name__ == "__main__":
    torch.set_num_threads(1)
    folder = FIXTURES / "spiking_resnet"
    folder.mkdir(exist_ok=True)
    networks = [identity(), projection(), padded(), plain(), concat()]
    for network in networks:
        if network.model is not None:
            onnx.save(network.model, folder / f"{network.name}.onnx")
    with torch.inference_mode():
        write("spiking_resnet", "reference/spiking_resnet.py", {"networks": [case(network, 100000 * (k + 1)) for k, network in enumerate(networks)]})
