"""Writes test/fixtures/onnx-networks/*.onnx: small networks as PyTorch's exporter and quantisers write them.

Needs torch and onnx. The weights are drawn from a seed. What the networks compute is not stored: the tests run the
files themselves in ONNX Runtime.
"""

import warnings
from pathlib import Path

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from onnx import TensorProto, helper, numpy_helper
from torch import nn

warnings.filterwarnings("ignore")
FOLDER = Path(__file__).resolve().parent.parent / "test" / "fixtures" / "onnx-networks"


def unit(inputs, outputs, kernel=3, stride=1, **options):
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False, **options),
        nn.BatchNorm2d(outputs),
        nn.ReLU(),
    )


class Residual(nn.Module):
    """Two residual blocks, the second with a projection on its shortcut."""

    def __init__(self):
        super().__init__()
        self.stem = unit(3, 8)
        self.one = nn.Sequential(unit(8, 8), nn.Conv2d(8, 8, 3, padding=1), nn.BatchNorm2d(8))
        self.two = nn.Sequential(unit(8, 16, stride=2), nn.Conv2d(16, 16, 3, padding=1), nn.BatchNorm2d(16))
        self.projection = nn.Sequential(nn.Conv2d(8, 16, 1, 2), nn.BatchNorm2d(16))
        self.linear = nn.Linear(16, 10)

    def forward(self, x):
        x = self.stem(x)
        x = F.relu(self.one(x) + x)
        x = F.relu(self.two(x) + self.projection(x))
        return self.linear(F.adaptive_avg_pool2d(x, 1).flatten(1))


class Plain(nn.Module):
    """Convolutions with max pooling whose last windows are cut off, ReLU6, and a view that names its batch."""

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 8, (3, 5), padding=(1, 2)),
            nn.ReLU6(),
            nn.MaxPool2d(3, 2, 1, ceil_mode=True),
            nn.Conv2d(8, 16, 3, padding=1, dilation=1, groups=4),
            nn.ReLU(),
            nn.MaxPool2d(2, ceil_mode=True),
            nn.Conv2d(16, 16, 3, padding=2, dilation=2),
            nn.LeakyReLU(0.1),
        )
        self.classifier = nn.Sequential(nn.Linear(16 * 4 * 3, 24), nn.ReLU(), nn.Dropout(), nn.Linear(24, 7))

    def forward(self, x):
        x = self.features(x)
        return self.classifier(x.view(x.shape[0], -1))


class DenselyConnected(nn.Module):
    """Normalisation before convolution, concatenated features, averages without their padding."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, 1, 1, bias=False)
        self.layers = nn.ModuleList(
            nn.Sequential(nn.BatchNorm2d(8 + 4 * i), nn.ReLU(), nn.Conv2d(8 + 4 * i, 4, 3, 1, 1, bias=False))
            for i in range(3)
        )
        self.transition = nn.Sequential(nn.BatchNorm2d(20), nn.ReLU(), nn.Conv2d(20, 10, 1, bias=False))
        self.linear = nn.Linear(10, 10)

    def forward(self, x):
        x = self.stem(x)
        for layer in self.layers:
            x = torch.cat([x, layer(x)], 1)
        x = F.avg_pool2d(self.transition(x), 3, 2, 1, count_include_pad=False)
        return self.linear(x.mean((2, 3)))


class Normalized(nn.Module):
    """Normalisations with an epsilon of their own left after their convolutions; enlarged and joined feature maps."""

    def __init__(self):
        super().__init__()
        self.depthwise = nn.Sequential(
            nn.Conv2d(3, 12, 3, 1, 1, groups=3, bias=False), nn.BatchNorm2d(12, eps=1e-2), nn.Hardtanh(0, 4)
        )
        self.coarse = nn.Sequential(nn.Conv2d(12, 8, 3, 2, 1), nn.BatchNorm2d(8, eps=1e-3), nn.ReLU())
        self.linear = nn.Linear(28, 5)

    def forward(self, x):
        fine = self.depthwise(x)
        coarse = self.coarse(fine)
        smooth = F.interpolate(coarse, scale_factor=2, mode="bilinear", align_corners=False)
        blocks = F.interpolate(coarse, size=fine.shape[2:], mode="nearest")
        return self.linear(torch.amax(torch.cat([fine, smooth, blocks], 1), (2, 3)))


class Perceptron(nn.Module):
    """Linear layers on three axes, which are exported as MatMul and Add."""

    def __init__(self):
        super().__init__()
        self.token = nn.Linear(16, 24)
        self.mix = nn.Linear(24, 8, bias=False)
        self.out = nn.Linear(8 * 6, 4)

    def forward(self, x):
        rows = x.reshape(x.shape[0], 6, 16)
        rows = torch.tanh(self.token(rows))
        return torch.log_softmax(self.out(torch.sigmoid(self.mix(rows)).flatten(1)), -1)


class Transformer(nn.Module):
    """One block of a vision transformer: patches, a class token, positions, attention, GELU."""

    def __init__(self, width=16, heads=4):
        super().__init__()
        self.heads = heads
        self.patch = nn.Conv2d(3, width, 4, 4)
        self.token = nn.Parameter(torch.randn(1, 1, width))
        self.position = nn.Parameter(torch.randn(1, 5, width))
        self.before, self.between, self.after = (nn.LayerNorm(width) for _ in range(3))
        self.project = nn.Linear(width, 3 * width)
        self.join = nn.Linear(width, width)
        self.widen = nn.Linear(width, 2 * width)
        self.narrow = nn.Linear(2 * width, width)
        self.linear = nn.Linear(width, 10)

    def attend(self, x):
        n, count, width = x.shape
        q, k, v = self.project(x).reshape(n, count, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        scores = (q * (width // self.heads) ** -0.5) @ k.transpose(-2, -1)
        return self.join((scores.softmax(-1) @ v).transpose(1, 2).reshape(n, count, width))

    def forward(self, x):
        x = self.patch(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.token.expand(x.shape[0], -1, -1), x], 1) + self.position
        x = x + self.attend(self.before(x))
        x = x + self.narrow(F.gelu(self.widen(self.between(x))))
        return self.linear(self.after(x)[:, 0])


def export(name, network, shape, opset, batch_free=True, keep_normalization=False):
    """Exports a network in evaluation with weights and statistics that are all different."""
    torch.manual_seed(sum(map(ord, name)))
    for parameter in network.parameters():
        nn.init.normal_(parameter, 0, 0.4 if parameter.dim() == 1 else parameter[0].numel() ** -0.5)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.running_mean, 0, 0.3)
            nn.init.uniform_(module.running_var, 0.3, 2)
    mode = torch.onnx.TrainingMode.PRESERVE if keep_normalization else torch.onnx.TrainingMode.EVAL
    path = FOLDER / f"{name}.onnx"
    axes = {"image": {0: "N"}, "logits": {0: "N"}} if batch_free else None
    torch.onnx.export(
        network.eval(), (torch.randn(shape),), str(path), opset_version=opset, dynamo=False, training=mode,
        input_names=["image"], output_names=["logits"], dynamic_axes=axes,
    )  # fmt: skip
    model = onnx.load(path)
    onnx.checker.check_model(model)
    model.producer_name, model.producer_version = "pytorch", ""
    path.write_bytes(model.SerializeToString())
    print(f"{path.name}: {path.stat().st_size / 1e3:.0f} kB")


def quantized(name, opset):
    """A network in QDQ form: int8 weights, one scale for each output channel, uint8 activations."""
    random = np.random.default_rng(5)
    nodes, initializers = [], []

    def constant(key, values):
        initializers.append(numpy_helper.from_array(np.asarray(values), key))
        return key

    def pair(x, key, scale, zero, **axis):
        """QuantizeLinear and DequantizeLinear one after the other."""
        parts = [constant(f"{key}.scale", scale), constant(f"{key}.zero", zero)]
        nodes.append(helper.make_node("QuantizeLinear", [x, *parts], [f"{key}.q"], f"/{key}/QuantizeLinear", **axis))
        nodes.append(
            helper.make_node("DequantizeLinear", [f"{key}.q", *parts], [f"{key}.dq"], f"/{key}/DequantizeLinear", **axis)
        )
        return f"{key}.dq"

    def weight(key, shape):
        values = random.integers(-127, 128, shape, dtype=np.int8)
        scale = (random.uniform(0.5, 1.5, shape[0]) / (127 * np.prod(shape[1:]) ** 0.5)).astype(np.float32)
        inputs = [constant(key, values), constant(f"{key}.scale", scale), constant(f"{key}.zero", np.zeros(shape[0], np.int8))]
        nodes.append(helper.make_node("DequantizeLinear", inputs, [f"{key}.dq"], f"/{key}/DequantizeLinear", axis=0))
        return f"{key}.dq"

    def bias(key, size):
        return constant(key, random.normal(0, 0.2, size).astype(np.float32))

    def add(operator, inputs, key, **attributes):
        nodes.append(helper.make_node(operator, inputs, [key], f"/{key}", **attributes))
        return key

    x = pair("image", "input", np.float32(0.02), np.uint8(128))
    x = add("Conv", [x, weight("conv1.weight", (8, 3, 3, 3)), bias("conv1.bias", 8)], "conv1", pads=[1] * 4)
    x = pair(add("Relu", [x], "relu1"), "act1", np.float32(0.015), np.uint8(0))
    x = add("Conv", [x, weight("conv2.weight", (8, 8, 3, 3))], "conv2", strides=[2, 2], auto_pad="SAME_UPPER")
    x = pair(add("Relu", [x], "relu2"), "act2", random.uniform(0.005, 0.02, 8).astype(np.float32), np.zeros(8, np.uint8), axis=1)
    x = add("Flatten", [add("GlobalAveragePool", [x], "pool")], "flat")
    x = pair(x, "features", np.float32(0.01), np.int8(-100))
    add("Gemm", [x, weight("linear.weight", (6, 8)), bias("linear.bias", 6)], "logits", transB=1)
    graph = helper.make_graph(
        nodes,
        name,
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["N", 3, 9, 9])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["N", 6])],
        initializers,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], producer_name="striate-reference")
    model.ir_version = 10
    onnx.checker.check_model(model, full_check=True)
    path = FOLDER / f"{name}.onnx"
    path.write_bytes(model.SerializeToString())
    print(f"{path.name}: {path.stat().st_size / 1e3:.0f} kB")


FOLDER.mkdir(exist_ok=True)
export("residual", Residual(), (2, 3, 12, 12), 13)
export("plain", Plain(), (1, 1, 14, 11), 10, batch_free=False)
export("densely-connected", DenselyConnected(), (2, 3, 10, 10), 9)
export("normalized", Normalized(), (2, 3, 12, 12), 18, keep_normalization=True)
export("perceptron", Perceptron(), (2, 1, 6, 16), 15)
export("transformer", Transformer(), (2, 3, 8, 8), 20)
export("transformer-old", Transformer(), (2, 3, 8, 8), 12)
quantized("quantized", 13)
quantized("quantized-new", 22)
