"""Writes test/fixtures/onnx_operators.json: one small ONNX model a case, as base64, for operators in the forms that
Debian's libonnx-testdata does not have: old and new operator sets, and the geometry of windows.

Needs onnx. No results are stored: the tests run each model in ONNX Runtime and compare.
"""

import base64
import itertools
import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

FIXTURE = Path(__file__).resolve().parent.parent / "test" / "fixtures" / "onnx_operators.json"
cases = {}


def case(name, opset, operator, shapes, *constants, outputs=1, **attributes):
    """One node: inputs of these shapes, then constants; None is an input left out."""
    inputs = [f"x{i}" for i in range(len(shapes))]
    initializers = []
    for i, values in enumerate(constants):
        if values is not None:
            initializers.append(numpy_helper.from_array(np.asarray(values), f"c{i}"))
        inputs.append("" if values is None else f"c{i}")
    names = [f"y{i}" for i in range(outputs)]
    node = helper.make_node(operator, inputs, names, operator.lower(), **attributes)
    graph = helper.make_graph(
        [node],
        name,
        [helper.make_tensor_value_info(f"x{i}", TensorProto.FLOAT, shape) for i, shape in enumerate(shapes)],
        [onnx.ValueInfoProto(name=key) for key in names],
        initializers,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])
    model = onnx.shape_inference.infer_shapes(model, strict_mode=True)
    model.ir_version = min(10, 4 + max(0, opset - 8) // 2)
    onnx.checker.check_model(model)
    assert name not in cases, name
    cases[name] = base64.b64encode(model.SerializeToString()).decode()


ints = lambda *values: np.array(values, np.int64)  # noqa: E731
floats = lambda *values: np.array(values, np.float32)  # noqa: E731
image = (2, 3, 7, 6)

# attributes of older operator sets that are inputs in newer ones
case("clip 9", 9, "Clip", [image], min=-0.5, max=0.75)
case("clip 10, one bound", 10, "Clip", [image], max=0.25)
case("clip 22", 22, "Clip", [image], None, np.float32(0.5))
for opset in (9, 11, 13, 22):
    case(f"softmax {opset}", opset, "Softmax", [(2, 3, 4)])
    case(f"softmax {opset}, axis 2", opset, "Softmax", [(2, 3, 4)], axis=2)
    case(f"log-softmax {opset}, axis 0", opset, "LogSoftmax", [(2, 3, 4)], axis=0)
case("slice 9", 9, "Slice", [image], starts=[1, -3], ends=[9223372036854775807, -1], axes=[2, 3])
case("slice 10", 10, "Slice", [image], ints(-1, 5), ints(-9223372036854775807, 1), ints(2, -1), ints(-2, -1))
case("slice 22", 22, "Slice", [image], ints(1), ints(100), ints(-1), ints(2))
case("squeeze 11", 11, "Squeeze", [(2, 1, 3, 1)], axes=[1, -1])
case("squeeze 13, every axis", 13, "Squeeze", [(2, 1, 3, 1)])
case("unsqueeze 11", 11, "Unsqueeze", [(2, 3)], axes=[0, 3])
case("unsqueeze 22", 22, "Unsqueeze", [(2, 3)], ints(-1, 1))
case("split 11", 11, "Split", [(2, 6)], outputs=2, axis=1, split=[4, 2])
case("split 13, equal parts", 13, "Split", [(2, 6)], outputs=3, axis=-1)
case("split 18, an uneven number", 18, "Split", [(2, 7)], outputs=3, axis=1, num_outputs=3)
case("pad 10", 10, "Pad", [image], pads=[0, 0, 1, 2, 0, 1, 0, 3], value=0.5)
case("pad 10, reflect", 10, "Pad", [image], mode="reflect", pads=[0, 0, 3, 2, 0, 0, 1, 5])
case("pad 11, edge", 11, "Pad", [image], ints(0, 1, 2, 0, 1, 0, 0, 4), mode="edge")
case("pad 13, cropped", 13, "Pad", [image], ints(0, 0, -1, 2, 0, 0, 1, -3), np.float32(-2))
case("pad 18, axes", 18, "Pad", [image], ints(1, 2, 0, 3), None, ints(-1, 1), mode="constant")
case("pad 19, wrap", 19, "Pad", [(2, 4)], ints(1, 3, 0, 2), mode="wrap")
for opset in (11, 13, 18, 22):
    newer = {} if opset < 18 else {"keepdims": 0}
    older = {"axes": [1, -1], "keepdims": 0} if opset < 18 else {}
    axes = [ints(1, -1)] if opset >= 18 else []
    for operator in ("ReduceMean", "ReduceMax", "ReduceMin", "ReduceL2", "ReduceLogSumExp"):
        case(f"{operator} {opset}", opset, operator, [image], *axes, **older, **newer)
case("ReduceSum 11", 11, "ReduceSum", [image], axes=[2, 3])
case("ReduceSum 13", 13, "ReduceSum", [image], ints(0, -2), keepdims=0)
case("ReduceSum 13, no axes", 13, "ReduceSum", [image], noop_with_empty_axes=1)
case("reshape 22", 22, "Reshape", [image], ints(0, -1, 2))
case("flatten, negative axis", 13, "Flatten", [image], axis=-2)

# activations
for opset, operator, attributes in [
    (20, "Gelu", {}),
    (22, "Gelu", {"approximate": "tanh"}),
    (18, "Mish", {}),
    (14, "HardSwish", {}),
    (22, "HardSigmoid", {"alpha": 0.3, "beta": 0.4}),
    (22, "Elu", {"alpha": 0.7}),
    (22, "Selu", {}),
    (12, "Celu", {"alpha": 1.7}),
    (22, "Softplus", {}),
    (22, "Softsign", {}),
    (16, "LeakyRelu", {"alpha": 0.2}),
    (22, "Erf", {}),
]:
    case(f"{operator} {opset} {attributes}", opset, operator, [image], **attributes)
case("prelu", 16, "PRelu", [image], floats(0.1, -0.3, 0.5).reshape(3, 1, 1))

# normalisation
rows = lambda seed, *shape: np.random.default_rng(seed).uniform(0.5, 2, shape).astype(np.float32)  # noqa: E731
for opset in (9, 14, 15):
    case(
        f"batch normalisation {opset}", opset, "BatchNormalization", [image], rows(1, 3), rows(2, 3), rows(3, 3), rows(4, 3),
        epsilon=0.1,
    )  # fmt: skip
case("layer normalisation", 17, "LayerNormalization", [image], rows(5, 6), rows(6, 6))
case("layer normalisation, no shift, axis 2", 22, "LayerNormalization", [image], rows(7, 7, 6), axis=2, epsilon=0.01)
case("instance normalisation", 22, "InstanceNormalization", [image], rows(8, 3), rows(9, 3))

# products
case("gemm", 13, "Gemm", [(4, 3)], rows(10, 4, 5), rows(11, 5), transA=1, alpha=0.5, beta=2.0)
case("gemm, a bias for each row", 13, "Gemm", [(3, 4)], rows(12, 5, 4), rows(13, 3, 1), transB=1)
case("matmul, stacks", 13, "MatMul", [(2, 3, 4)], rows(14, 4, 5))
case("matmul, a vector", 13, "MatMul", [(2, 3, 4)], rows(15, 4))

# convolution
wide = rows(16, 6, 1, 3, 2)
for pads, strides, dilations in [([0, 0, 0, 0], [1, 1], [1, 1]), ([1, 0, 2, 1], [2, 1], [1, 2]), ([2, 2, 0, 3], [3, 2], [2, 1])]:
    case(
        f"conv {pads} {strides} {dilations}", 11, "Conv", [image], wide, rows(17, 6), group=3, pads=pads, strides=strides,
        dilations=dilations,
    )  # fmt: skip
for mode, strides in itertools.product(("SAME_UPPER", "SAME_LOWER", "VALID"), ([1, 1], [2, 3])):
    case(f"conv {mode} {strides}", 22, "Conv", [image], rows(18, 4, 3, 4, 3), auto_pad=mode, strides=strides)
    for operator in ("MaxPool", "AveragePool"):
        case(f"{operator} {mode} {strides}", 12, operator, [image], kernel_shape=[4, 3], auto_pad=mode, strides=strides)
case("conv of a sequence", 11, "Conv", [(2, 4, 9)], rows(19, 6, 2, 3), rows(20, 6), group=2, pads=[2, 1], strides=[2])

# pooling
for pads, kernel, strides, ceil in itertools.product(
    ([0, 0, 0, 0], [1, 1, 1, 1], [0, 1, 2, 0]), ([3, 3], [3, 2]), ([1, 1], [2, 3]), (0, 1)
):
    geometry = {"kernel_shape": kernel, "pads": pads, "strides": strides, "ceil_mode": ceil}
    text = f"{kernel} {pads} {strides}{' ceil' if ceil else ''}"
    if max(pads) < min(kernel):
        case(f"MaxPool {text}", 12, "MaxPool", [image], **geometry)
        case(f"AveragePool {text}", 11, "AveragePool", [image], **geometry)
        case(f"AveragePool with padding {text}", 19, "AveragePool", [image], count_include_pad=1, **geometry)
for dilations in ([2, 1], [2, 2]):
    geometry = {"kernel_shape": [3, 2], "dilations": dilations, "pads": [1, 1, 1, 0], "strides": [1, 2]}
    case(f"MaxPool dilations {dilations}", 10, "MaxPool", [image], **geometry)
    case(f"MaxPool dilations {dilations} ceil", 22, "MaxPool", [image], ceil_mode=1, **geometry)
    case(f"AveragePool dilations {dilations}", 19, "AveragePool", [image], **geometry)
case("MaxPool of a sequence", 12, "MaxPool", [(2, 3, 9)], kernel_shape=[3], strides=[2], pads=[1, 0], ceil_mode=1)
case("GlobalMaxPool", 22, "GlobalMaxPool", [image])
case("GlobalAveragePool of a sequence", 22, "GlobalAveragePool", [(2, 3, 9)])

# resizing
none = np.array([], np.float32)
for factor in (0.6, 1.0, 1.7, 2.0):
    scales = floats(1, 1, factor, 2)
    case(f"resize 10 {factor}", 10, "Resize", [image], scales)
    case(f"resize 10 {factor} linear", 10, "Resize", [image], scales, mode="linear")
    if factor >= 1:
        case(f"upsample 9 {factor}", 9, "Upsample", [image], scales)
        case(f"upsample 9 {factor} linear", 9, "Upsample", [image], scales, mode="linear")
    for mode in ("half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric"):
        options = {"coordinate_transformation_mode": mode}
        case(f"resize {factor} {mode} linear", 13, "Resize", [image], none, scales, mode="linear", **options)
        for rounding in ("round_prefer_floor", "round_prefer_ceil", "floor", "ceil"):
            case(
                f"resize {factor} {mode} {rounding}", 13, "Resize", [image], none, scales, nearest_mode=rounding, **options
            )  # fmt: skip
case("resize to sizes", 11, "Resize", [image], none, none, ints(2, 3, 10, 4), mode="linear")
case("resize along axes", 18, "Resize", [image], none, none, ints(3, 9), axes=[2, 3])
case("resize to one row", 13, "Resize", [image], none, none, ints(2, 3, 1, 1), mode="linear", coordinate_transformation_mode="pytorch_half_pixel")

# quantisation
case("quantize", 10, "QuantizeLinear", [image], np.float32(0.03), np.uint8(100))
case("quantize to int8, one scale a channel", 13, "QuantizeLinear", [image], floats(0.01, 0.02, 0.05), np.array([0, 3, -5], np.int8), axis=1)
case("quantize to int16", 21, "QuantizeLinear", [image], np.float32(0.001), output_dtype=TensorProto.INT16)

# the rest
case("gather, negative places", 13, "Gather", [image], ints(-1, 0, 2).reshape(1, 3), axis=1)
case("concat", 13, "Concat", [(2, 3), (2, 1), (2, 3)], axis=-1)
case("where", 16, "Where", [], np.array([[True], [False]]), rows(21, 2, 3), rows(22, 3))
case("expand", 13, "Expand", [(3, 1)], ints(2, 1, 4))
case("tile", 13, "Tile", [(2, 3)], ints(2, 3))
case("power, an exponent for each", 15, "Pow", [(2, 3)], ints(2, 3, 0))
case("max of three", 13, "Max", [(2, 3), (3,), (2, 1)])
case("mean of three", 13, "Mean", [(2, 3), (3,), (2, 1)])
case("argmax", 13, "ArgMax", [image], axis=-1, select_last_index=1, keepdims=0)
case("argmin", 11, "ArgMin", [image], axis=2)
case("cast", 13, "Cast", [image], to=TensorProto.INT32)
case("round", 22, "Round", [image])

FIXTURE.write_text("{\n" + ",\n".join(f"{json.dumps(k)}:{json.dumps(v)}" for k, v in cases.items()) + "\n}\n")
print(f"{FIXTURE.name}: {len(cases)} cases, {FIXTURE.stat().st_size / 1e3:.0f} kB")
