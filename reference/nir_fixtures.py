"""Writes test/fixtures/nir/: graphs saved by the Python package nir, and in expected.json what it reads from them.

Run from the repository's root: python reference/nir_fixtures.py (written with nir 1.0.8, h5py 3.16, numpy 2.4).
"""

import json
import pathlib

import h5py
import nir
import numpy as np
from nir.ir.graph import Identity

folder = pathlib.Path("test/fixtures/nir")
folder.mkdir(parents=True, exist_ok=True)
generator = np.random.default_rng(11)


def values(*shape, dtype="float32"):
    """Multiples of 1/64, so that JSON holds them exactly."""
    return (generator.integers(1, 128, size=shape) / 64).astype(dtype)


def pairs(*numbers):
    return np.array(numbers)


def every():
    """Every primitive that the package reads, two inputs, two outputs, metadata on the graph and on nodes."""
    nodes = {
        "image": nir.Input(np.array([2, 8, 8])),
        "conv2d": nir.Conv2d((8, 8), values(4, 2, 3, 3), pairs(1, 1), pairs(1, 1), pairs(1, 1), 1, values(4)),
        "conv2d_same": nir.Conv2d(None, values(4, 4, 3, 3), pairs(1, 1), "same", pairs(2, 2), 1, values(4)),
        "sum_pool": nir.SumPool2d(pairs(2, 2), pairs(2, 2), pairs(0, 0)),
        "avg_pool": nir.AvgPool2d(pairs(3, 3), pairs(2, 2), pairs(1, 1)),
        "flatten": nir.Flatten({"input": np.array([4, 2, 2])}, 0, -1),
        "affine": nir.Affine(values(5, 16), values(5), metadata={"layer": 1}),
        "scale": nir.Scale(values(5, dtype="float64")),
        "cubalif": nir.CubaLIF(values(5), values(5), values(5), values(5), values(5), values(5), values(5)),
        "linear": nir.Linear(values(4, 5)),
        "lif": nir.LIF(
            *(values(4, dtype="float64") for _ in range(5)),
            metadata={"reset": "subtract", "dt": 0.001, "note": {"größe": np.array([1.5, -2.0], dtype="float32")}},
        ),
        "delay": nir.Delay(values(4)),
        "threshold": nir.Threshold(values(4)),
        "spikes": nir.Output(np.array([4])),
        "sound": nir.Input(np.array([2, 9])),
        "conv1d": nir.Conv1d(9, values(3, 2, 3), 2, "valid", 1, 1, values(3)),
        "flatten1d": nir.Flatten({"input": np.array([3, 4])}, 0, 1),
        "linear1d": nir.Linear(values(6, 12)),
        "if": nir.IF(values(6), values(6), values(6)),
        "i": nir.I(values(6)),
        "li": nir.LI(values(6), values(6), values(6)),
        "cubali": nir.CubaLI(values(6), values(6), values(6), values(6), values(6)),
        "current": nir.Output(np.array([6])),
    }
    chains = [
        "image conv2d conv2d_same sum_pool avg_pool flatten affine scale cubalif linear lif delay threshold spikes",
        "sound conv1d flatten1d linear1d if i li cubali current",
    ]
    edges = [edge for chain in chains for edge in zip(chain.split(), chain.split()[1:])]
    metadata = {"author": "nir_fixtures.py", "seed": 11, "names": np.array([3, 1, 2]), "deep": {"er": {"x": 0.5}}}
    return nir.NIRGraph(nodes, edges, metadata)


def nested():
    """A recurrent layer as snnTorch writes it: a graph in the graph."""
    inner = nir.NIRGraph(
        {
            "input": nir.Input(np.array([4])),
            "lif": nir.CubaLIF(values(4), values(4), values(4), values(4), values(4), values(4), 1.5),
            "w_rec": nir.Linear(values(4, 4)),
            "output": nir.Output(np.array([4])),
        },
        [("input", "lif"), ("lif", "w_rec"), ("w_rec", "lif"), ("lif", "output")],
    )
    nodes = {
        "input": nir.Input(np.array([3])),
        "fc1": nir.Affine(values(4, 3), values(4)),
        "rnn": inner,
        "fc2": nir.Linear(values(2, 4)),
        "output": nir.Output(np.array([2])),
    }
    return nir.NIRGraph(nodes, [("input", "fc1"), ("fc1", "rnn"), ("rnn", "fc2"), ("fc2", "output")])


def old(path):
    """As the first writers did: no version, no reset potentials, nothing compressed, single numbers for pairs."""
    content = {
        "input": {"type": "Input", "shape": np.array([2, 5, 5])},
        "conv": {
            "type": "Conv2d",
            "input_shape": np.array([5, 5]),
            "weight": values(3, 2, 3, 3),
            "bias": values(3),
            "stride": 2,
            "padding": 1,
            "dilation": 1,
            "groups": 1,
        },
        "if": {"type": "IF", "r": values(3, 3, 3), "v_threshold": values(3, 3, 3)},
        "flat": {"type": "Flatten", "input_type": np.array([3, 3, 3]), "start_dim": 0, "end_dim": 2},
        "fc": {"type": "Linear", "weight": values(2, 27)},
        "rec": {"type": "Linear", "weight": values(2, 2)},
        "cuba": {"type": "CubaLIF"} | {k: values(2) for k in ["tau_syn", "tau_mem", "r", "v_leak", "v_threshold"]},
        "output": {"type": "Output", "shape": np.array([2])},
    }
    chain = ["input", "conv", "if", "flat", "fc", "cuba", "output"]
    edges = [*zip(chain, chain[1:]), ("cuba", "rec"), ("rec", "cuba")]
    with h5py.File(path, "w") as file:
        graph = file.create_group("node")
        graph["type"] = "NIRGraph"
        graph["edges"] = [list(edge) for edge in edges]
        for name, fields in content.items():
            for field, value in fields.items():
                graph[f"nodes/{name}/{field}"] = value


def plain(value):
    if isinstance(value, str) or isinstance(value, int):
        return value
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    value = np.asarray(value)
    if value.dtype.kind in "iu" and value.ndim < 2:
        return value.tolist()
    return {"shape": list(value.shape), "dtype": value.dtype.name, "data": value.ravel().tolist()}


def described(node):
    about = {"type": type(node).__name__, "metadata": plain(node.metadata)}
    for key, shapes in [("input", node.input_type), ("output", node.output_type)]:
        about[key] = [np.asarray(shape).tolist() for shape in shapes.values()][0]
    if isinstance(node, nir.NIRGraph):
        about["nodes"] = {name: described(child) for name, child in node.nodes.items()}
        about["edges"] = [list(edge) for edge in node.edges]
        return about
    hidden = {"metadata", "input_type", "output_type"}
    fields = {key: value for key, value in vars(node).items() if key not in hidden and value is not None}
    return about | {"fields": {key: plain(value) for key, value in fields.items()}}


nir.write(folder / "every.nir", every())
nir.write(folder / "nested.nir", nested())
old(folder / "old.nir")
names = ["every", "nested", "old"]
expected = {name: described(nir.read(folder / f"{name}.nir")) for name in names}

# the package writes these two, but cannot read them
slashed = [nir.Input(np.array([2])), nir.Linear(values(2, 2)), nir.Output(np.array([2]))]
slashed_names = ["input", "block/0/fc", "output"]
nir.write(
    folder / "slash.nir", nir.NIRGraph(dict(zip(slashed_names, slashed)), list(zip(slashed_names, slashed_names[1:])))
)
shape = np.array([2, 3])
identity = [nir.Input(shape), Identity({"input": shape, "output": shape}), nir.Output(shape)]
identity_names = ["input", "same", "output"]
nir.write(
    folder / "identity.nir",
    nir.NIRGraph(
        dict(zip(identity_names, identity)), list(zip(identity_names, identity_names[1:])), type_check=False
    ),
)

(folder / "expected.json").write_text(json.dumps(expected, separators=(",", ":"), ensure_ascii=False) + "\n")
for path in sorted(folder.iterdir()):
    print(f"{path.name}: {path.stat().st_size / 1e3:.0f} kB")
