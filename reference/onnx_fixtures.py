"""Writes test/fixtures/onnx/ with Python's onnx package: small models, and what they hold.

Run from the repository's root: python reference/onnx_fixtures.py
(needs numpy, ml_dtypes and onnx; written with onnx 1.23.2).
"""

import json
import pathlib

import ml_dtypes
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

folder = pathlib.Path("test/fixtures/onnx")
folder.mkdir(parents=True, exist_ok=True)
random = np.random.default_rng(5)


def weights(name, *shape):
    return numpy_helper.from_array(random.normal(size=shape).astype("f4"), name)


def floats(name, *shape):
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


def save(name, graph, opset=17, **more):
    model = helper.make_model(
        graph,
        ir_version=8,
        opset_imports=[helper.make_opsetid("", opset)],
        producer_name="striate-fixtures",
        producer_version="1",
    )
    for key, value in more.items():
        entry = model.metadata_props.add()
        entry.key, entry.value = key, value
    onnx.checker.check_model(model)
    (folder / f"{name}.onnx").write_bytes(model.SerializeToString(deterministic=True))
    return model


def network():
    """A residual block with a dynamic batch, stated shapes and attributes of every plain kind."""
    nodes = [
        helper.make_node("Conv", ["image", "w1", "b1"], ["c1"], "conv1", kernel_shape=[3, 3], pads=[1] * 4),
        helper.make_node("Relu", ["c1"], ["r1"]),
        helper.make_node("Conv", ["r1", "w2"], ["c2"], "conv2", kernel_shape=[3, 3], pads=[1] * 4, auto_pad="NOTSET"),
        helper.make_node("Add", ["c2", "r1"], ["sum"], "join"),
        helper.make_node("LeakyRelu", ["sum"], ["r2"], alpha=0.125),
        helper.make_node("GlobalAveragePool", ["r2"], ["pooled"], "pool"),
        helper.make_node("Constant", [], ["shape"], value=numpy_helper.from_array(np.array([0, -1]))),
        helper.make_node("Reshape", ["pooled", "shape"], ["flat"], "flatten"),
        helper.make_node("Gemm", ["flat", "w3", ""], ["logits"], "readout", transB=1),
    ]
    nodes[-1].input.pop()
    graph = helper.make_graph(
        nodes,
        "residual block",
        [floats("image", "N", 2, 5, 5)],
        [floats("logits", "N", 3)],
        [weights("w1", 4, 2, 3, 3), weights("b1", 4), weights("w2", 4, 4, 3, 3), weights("w3", 3, 4)],
        value_info=[floats("c1", "N", 4, 5, 5), floats("pooled", "N", 4, 1, 1)],
    )
    save("network", graph, größe="ü", seed="5")


def types():
    """An array of every element type that is read, as raw bytes and as numbers, and their values."""
    values = np.array([[0, 1, 2], [100, 3, 7]])
    dtypes = ["f4", "u1", "i1", "u2", "i2", "i4", "i8", "?", "f2", "f8", "u4", "u8", ml_dtypes.bfloat16]
    halves = [0.0, -0.0, 1.0, -2.5, 65504.0, 2.0**-24, 2.0**-14, 1023 * 2.0**-24, np.inf, -np.inf, np.nan]
    tensors = []
    for dtype in dtypes:
        array = (values - 50 if np.dtype(dtype).kind in "fi" else values).astype(dtype)
        name = np.dtype(dtype).name
        raw = numpy_helper.from_array(array, f"{name} raw")
        if not raw.raw_data:
            raise SystemExit(f"{name} was not written as raw bytes")
        numbers = helper.make_tensor(f"{name} numbers", raw.data_type, array.shape, array.ravel().tolist())
        if numbers.HasField("raw_data"):
            raise SystemExit(f"{name} was not written as numbers")
        tensors += [raw, numbers]
    tensors.append(numpy_helper.from_array(np.array(halves, "f2"), "halves"))
    tensors.append(numpy_helper.from_array(np.array(halves, ml_dtypes.bfloat16), "brain floats"))
    tensors.append(numpy_helper.from_array(np.array([-(2**63), 2**63 - 1]), "longest raw"))
    tensors.append(helper.make_tensor("longest numbers", TensorProto.INT64, [2], [-(2**63), 2**63 - 1]))
    tensors.append(helper.make_tensor("unsigned longest", TensorProto.UINT64, [1], [2**64 - 1]))
    tensors.append(helper.make_tensor("scalar", TensorProto.FLOAT, [], [1.5]))
    tensors.append(helper.make_tensor("empty", TensorProto.FLOAT, [0, 3], []))
    node = helper.make_node("Relu", ["float32 raw"], ["y"])
    save("types", helper.make_graph([node], "types", [], [floats("y", 2, 3)], tensors))
    expected = {}
    for tensor in tensors:
        array = numpy_helper.to_array(tensor)
        name = "float32" if array.dtype.name in ("float16", "bfloat16") else array.dtype.name
        data = [str(v) if array.dtype.kind in "iu" else repr(float(v)) for v in array.ravel()]
        expected[tensor.name] = {"shape": list(array.shape), "dtype": name, "data": data}
    (folder / "types.json").write_text(json.dumps(expected, indent=1) + "\n")
    (folder / "tensor.pb").write_bytes(tensors[0].SerializeToString())


def control():
    """An If whose branches take values of the graph around them; saved in order and with its nodes turned round."""
    then = helper.make_graph(
        [helper.make_node("Add", ["doubled", "one"], ["then_y"], "plus")], "then", [], [floats("then_y", 2)]
    )
    other = helper.make_graph(
        [helper.make_node("Identity", ["doubled"], ["else_y"], "keep")], "else", [], [floats("else_y", 2)]
    )
    nodes = [
        helper.make_node("Add", ["x", "x"], ["doubled"], "double"),
        helper.make_node("If", ["condition"], ["y"], "choose", then_branch=then, else_branch=other),
        helper.make_node("Relu", ["y"], ["z"], "rectify"),
    ]
    one = numpy_helper.from_array(np.ones(2, "f4"), "one")
    inputs = [floats("x", 2), helper.make_tensor_value_info("condition", TensorProto.BOOL, [])]
    model = save("control", helper.make_graph(nodes, "control", inputs, [floats("z", 2)], [one]))
    turned = list(model.graph.node)[::-1]
    del model.graph.node[:]
    model.graph.node.extend(turned)
    (folder / "control_reversed.onnx").write_bytes(model.SerializeToString(deterministic=True))


def external():
    """Weights in a file beside the model, one after the other."""
    graph = helper.make_graph(
        [helper.make_node("Add", ["x", "a"], ["s"], "first"), helper.make_node("Add", ["s", "b"], ["y"], "second")],
        "external",
        [floats("x", 3)],
        [floats("y", 3)],
        [
            numpy_helper.from_array(np.array([1, 2, 3], "f4"), "a"),
            numpy_helper.from_array(np.array([4, 5, 6], "f4"), "b"),
        ],
    )
    model = save("external", graph)
    (folder / "external.bin").unlink(missing_ok=True)
    onnx.save(model, folder / "external.onnx", save_as_external_data=True, location="external.bin", size_threshold=0)


for make in (network, types, control, external):
    make()
for path in sorted(folder.iterdir()):
    print(f"{path}: {path.stat().st_size} bytes")
