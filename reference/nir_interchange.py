"""Runs NIR files that Striate wrote in Norse, snnTorch and numpy, and compares the spikes with those of Striate.

Networks: layers of LIF with a hard reset and with the soft one, and a recurrent CubaLIF as a graph of its own, made here,
written by the Python package, read and written again by Striate; four small networks converted by Striate, with the
hard reset, and two of them with the soft one; and the graphs of the NIR paper in the folder given, if any. Every file
is opened with nir.read and its type check. Striate integrates by forward Euler, as Norse and snnTorch do. numpy is the
simulation of nir_simulation.py in float64.

Norse ignores r and the step of an IF; snnTorch's import has a fixed step of 1e-4 s and takes an IF for a Leaky of beta 0.9
with the soft reset, so that only LIF and CubaLIF can agree in it. Norse has the bias of a recurrent Affine from the second step on
only, where Striate and snnTorch's own recurrent layers have it in the first: an input of 0 gives the bias. Neither knows what Striate notes in the metadata, nor
does the simulation: with the soft reset they all differ from Striate.

Run from the repository's root, after a build: python reference/nir_interchange.py [folder]
Needs nir, nirtorch, norse and snntorch; the output of the last run is in reference/README.md.
"""

import contextlib
import io
import json
import logging
import pathlib
import subprocess
import sys
import tempfile
import warnings
from importlib.metadata import version

import nir
import numpy as np
import torch
from fixture import draw
from nir_simulation import SPIKING, Simulation

warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)
import norse.torch  # noqa: E402
from snntorch import utils  # noqa: E402
from snntorch.import_nir import import_from_nir  # noqa: E402

DT = 1e-4
LAYERS = [
    {"type": "conv", "channels": 6, "kernel": 3, "bias": True},
    {"type": "activation"},
    {"type": "conv", "channels": 8, "kernel": 3, "stride": 2, "bias": True},
    {"type": "activation"},
    {"type": "flatten"},
    {"type": "linear", "features": 20},
    {"type": "activation"},
    {"type": "linear", "features": 5},
]
IMPORTED = {
    "Norse": ["Affine", "Linear", "Conv2d", "SumPool2d", "Flatten", "IF", "LIF", "CubaLIF", "NIRGraph"],
    "snnTorch": ["Affine", "Linear", "Conv2d", "AvgPool2d", "Flatten", "IF", "LIF", "CubaLIF", "NIRGraph"],
}
NETWORKS = {
    "convolutions": ({"input": {"channels": 3, "height": 8, "width": 8}, "layers": LAYERS}, (3, 8, 8)),
    "residual": ("test/fixtures/onnx-networks/residual.onnx", (3, 12, 12)),
    "padded": ("test/fixtures/spiking_resnet/padded.onnx", (3, 8, 8)),
    "concat": ("test/fixtures/spiking_resnet/concat.onnx", (3, 8, 8)),
}


def layers(metadata):
    """Affine, LIF, Affine, LIF: equal constants in a layer, no leak potential, r = 1, as both importers want them."""
    full = lambda n, value: np.full(n, value, dtype=np.float32)

    def lif(n, tau, threshold):
        constants = (full(n, value) for value in (tau, 1, 0, threshold, 0))
        return nir.LIF(*constants, metadata=dict(metadata))

    nodes = {
        "input": nir.Input(np.array([12])),
        "fc1": nir.Affine(draw((20, 12), 1, -0.5, 1), draw((20,), 2, 0, 0.2)),
        "lif1": lif(20, 2e-3, 0.15),
        "fc2": nir.Affine(draw((8, 20), 3, -0.5, 1), draw((8,), 4, 0, 0.2)),
        "lif2": lif(8, 1e-3, 0.2),
        "output": nir.Output(np.array([8])),
    }
    return nir.NIRGraph(nodes, list(zip(nodes, list(nodes)[1:])))


def recurrent(bias):
    """A recurrent CubaLIF as snnTorch writes it, in a graph of its own: r = τ_mem / dt, w_in = τ_syn / dt."""
    n = 10
    weight = draw((n, n), 5, -0.6, 0.3)
    full = lambda value: np.full(n, value, dtype=np.float32)
    inner = {
        "input": nir.Input(np.array([n])),
        "lif": nir.CubaLIF(
            tau_syn=full(3e-4),
            tau_mem=full(1e-3),
            r=full(1e-3 / DT),
            v_leak=full(0),
            v_threshold=full(1),
            v_reset=full(0),
            w_in=full(3e-4 / DT),
        ),
        "w_rec": nir.Affine(weight, draw((n,), 6, -0.1, 0.1)) if bias else nir.Linear(weight),
        "output": nir.Output(np.array([n])),
    }
    edges = [("input", "lif"), ("lif", "w_rec"), ("w_rec", "lif"), ("lif", "output")]
    nodes = {
        "input": nir.Input(np.array([6])),
        "fc1": nir.Affine(draw((n, 6), 7, -0.1, 0.3), draw((n,), 8, -0.05, 0.05)),
        "rnn": nir.NIRGraph(inner, edges),
        "output": nir.Output(np.array([n])),
    }
    return nir.NIRGraph(nodes, list(zip(nodes, list(nodes)[1:])))


def order_of(graph):
    """Neurons from the input on, each after those that feed it; edges that close a circle do not count."""
    finished, seen = [], set()

    def visit(name):
        seen.add(name)
        for a, b in graph.edges:
            if a == name and b not in seen:
                visit(b)
        finished.insert(0, name)

    visit(next(name for name, node in graph.nodes.items() if isinstance(node, nir.Input)))
    return [name for name in finished if isinstance(graph.nodes[name], SPIKING)]


def in_numpy(graph, x, dt, neurons):
    outputs, _ = Simulation(graph, neurons, dt, "euler").run(x.astype(np.float64))
    return outputs


def in_norse(graph, x, dt):
    model = norse.torch.from_nir(graph, dt=dt, ignore_warnings=True)
    state, rows = None, []
    with torch.no_grad():
        for row in torch.from_numpy(x):
            out, state = model(row, state)
            rows.append(out.numpy())
    return np.stack(rows)


def in_snntorch(graph, x):
    with contextlib.redirect_stdout(io.StringIO()):
        model = import_from_nir(graph)
    utils.reset(model)
    state, rows = None, []
    with torch.no_grad():
        for row in torch.from_numpy(x)[:, None]:
            out, state = model(row, state)
            rows.append(out[0].numpy())
    return np.stack(rows)


def difference(ours, theirs):
    ours = np.asarray(ours, dtype=np.float64).reshape(theirs.shape)
    if np.isin(ours, (0, 1)).all():
        differing = int((ours != theirs).sum())
        return f"{int(theirs.sum())} spikes, " + ("the same" if differing == 0 else f"{differing} places differ")
    largest = np.abs(ours - theirs).max() / np.abs(ours).max()
    return f"currents, the same to {largest:.0e}" if largest < 1e-5 else f"currents, {largest:.0%} off"


def report(name, path, x, dt, expected):
    graph = nir.read(path)
    neurons = order_of(graph) or ["rnn.lif"]
    steps = x if len(x) > 1 else np.repeat(x, expected["steps"], axis=0)
    print(f"{name}: {len(graph.nodes)} nodes")
    outputs = in_numpy(nir.read(path), steps, dt, neurons)
    inner = sum(int(outputs[each].sum()) for each in neurons)
    differing = sum(
        len(set(np.flatnonzero(outputs[each])) ^ set(expected["spikes"][each])) for each in neurons
    )
    same = "the same" if differing == 0 else f"{differing} places differ"
    print(f"  numpy     {len(neurons)} layers, {inner} spikes, {same}; output {difference(expected['output'], outputs['output'])}")
    for tool, run in (("Norse", lambda g: in_norse(g, steps, dt)), ("snnTorch", lambda g: in_snntorch(g, steps))):
        missing = sorted({type(node).__name__ for node in graph.nodes.values()} - {"Input", "Output", *IMPORTED[tool]})
        if missing:
            print(f"  {tool:9s} imports no {', '.join(missing)}")
            continue
        try:
            print(f"  {tool:9s} output {difference(expected['output'], run(nir.read(path)))}")
        except Exception as error:
            print(f"  {tool:9s} fails: {type(error).__name__}: {str(error).splitlines()[0][:60]}")


def main(folder):
    with tempfile.TemporaryDirectory() as temporary:
        temporary = pathlib.Path(temporary)
        jobs = []

        def job(name, source, shape, steps, dt, low=0, high=1, above=None, **options):
            if isinstance(source, nir.NIRGraph):
                nir.write(temporary / f"{name}.made.nir", source)
                source = temporary / f"{name}.made.nir"
            to = temporary / f"{name}.nir"
            count = 1 if options else steps
            x = draw((count, *shape), 90 + len(jobs), low, high)
            if above is not None:
                x = (x > above).astype(np.float32)
            to.with_suffix(".nir.input").write_bytes(x.tobytes())
            given = {"architecture": source} if isinstance(source, dict) else {"from": str(source)}
            run = {"dt": dt, "steps": steps, "integration": "euler"}
            jobs.append({"name": name, "to": str(to), **given, **run, **options})
            return x

        inputs = [
            job("layers of LIF", layers({}), (12,), 200, DT),
            job("layers of LIF, soft reset", layers({"reset": "subtract"}), (12,), 200, DT),
            job("recurrent CubaLIF", recurrent(bias=False), (6,), 100, DT),
            job("recurrent CubaLIF with a bias", recurrent(bias=True), (6,), 100, DT),
        ]
        for name, start in (("hard", 0), ("soft", 0.5)):
            reset = {"hard": "zero", "soft": "subtract"}[name]
            for network, (source, shape) in list(NETWORKS.items())[: 4 if name == "hard" else 2]:
                inputs.append(job(f"{network}, {name} reset", source, shape, 32, 1, reset=reset, start=start))
        if folder:
            shared = pathlib.Path(folder)
            inputs.append(job("lif_norse", shared / "lif_norse.nir", (1,), 500, DT, above=0.8))
            inputs.append(job("braille", shared / "braille_noDelay_bias_zero.nir", (12,), 100, DT, above=0.7))
            inputs.append(job("cnn_sinabs", shared / "cnn_sinabs.nir", (2, 34, 34), 40, 1, above=0.9))
        versions = ", ".join(f"{tool} {version(tool)}" for tool in ("nir", "nirtorch", "norse", "snntorch"))
        print(versions)
        listing = temporary / "jobs.json"
        listing.write_text(json.dumps(jobs))
        subprocess.run(["node", "reference/nir_interchange.js", str(listing)], check=True)
        for each, x in zip(jobs, inputs):
            expected = json.loads(pathlib.Path(each["to"] + ".json").read_text())
            report(each["name"], each["to"], x, each["dt"], {**expected, "steps": each["steps"]})


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else None)
