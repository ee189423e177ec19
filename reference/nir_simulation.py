"""NIR graphs integrated in numpy, float64 → test/fixtures/nir_simulation.json.

`simulate` is an independent reading of the equations of NIR: the linear part of every neuron by the matrix exponential
of its differential equations, for an input that stays the same during a step, or by forward Euler (of a current-based
neuron the current first, as snnTorch and Norse do). After that z = 1 where v > θ, and v ← v_reset there. A recurrent
edge carries what the neurons put out one step before; a delay is rounded to steps, and on a recurrent edge its first step
is that one. Potentials, currents and outputs start at 0.

Parameters and inputs are drawn from seeds as fixture.py says. No potential comes nearer than 2e-4 to a threshold.

Run from the repository's root: python reference/nir_simulation.py
With the path of braille_noDelay_bias_zero.nir as an argument, it is run as well, and its spikes are stored.
"""

import sys

import nir
import numpy as np
from fixture import draw, numbers, write
from scipy.linalg import expm

SPIKING = (nir.IF, nir.LIF, nir.CubaLIF)
CURRENT_BASED = (nir.CubaLI, nir.CubaLIF)
NEURONS = (nir.I, nir.LI, *CURRENT_BASED, *SPIKING)
MARGIN = 2e-4


def flat(graph, prefix=""):
    """Nodes and edges of a graph with its nested graphs laid flat; their ports stay as nodes."""
    nodes, edges = {}, []
    for key, node in graph.nodes.items():
        if isinstance(node, nir.NIRGraph):
            inner_nodes, inner_edges = flat(node, f"{prefix}{key}/")
            nodes.update(inner_nodes)
            edges += inner_edges
        else:
            nodes[prefix + key] = node

    def end(key, kind):
        node = graph.nodes[key]
        if not isinstance(node, nir.NIRGraph):
            return prefix + key
        return prefix + key + "/" + next(k for k, n in node.nodes.items() if isinstance(n, kind))

    return nodes, edges + [(end(a, nir.Output), end(b, nir.Input)) for a, b in graph.edges]


class Neurons:
    def __init__(self, node, dt, integration):
        self.node, self.dt, self.integration = node, dt, integration
        self.v = np.zeros(node.r.shape)
        self.i = np.zeros(node.r.shape)
        self.membrane = []
        self.margin = np.inf
        if integration == "exponential":
            self.matrices = np.stack([expm(m * dt) for m in self.system()])

    def system(self):
        """d/dt (v, i, S, 1) for every neuron."""
        n = self.node
        for k in range(n.r.size):
            at = lambda name: getattr(n, name).reshape(-1)[k].astype(np.float64)
            m = np.zeros((4, 4))
            if isinstance(n, (nir.I, nir.IF)):
                m[0, 2] = at("r")
            elif isinstance(n, CURRENT_BASED):
                m[0] = np.array([-1, at("r"), 0, at("v_leak")]) / at("tau_mem")
                m[1] = np.array([0, -1, at("w_in"), 0]) / at("tau_syn")
            else:
                m[0] = np.array([-1, 0, at("r"), at("v_leak")]) / at("tau")
            yield m

    def step(self, x):
        n, dt = self.node, self.dt
        if self.integration == "exponential":
            state = np.stack([a.reshape(-1) for a in (self.v, self.i, x, np.ones_like(x))], axis=1)
            after = np.einsum("kab,kb->ka", self.matrices, state)
            v, self.i = after[:, 0].reshape(x.shape), after[:, 1].reshape(x.shape)
        elif isinstance(n, (nir.I, nir.IF)):
            v = self.v + dt * n.r * x
        elif isinstance(n, CURRENT_BASED):
            self.i = self.i + dt / n.tau_syn * (n.w_in * x - self.i)
            v = self.v + dt / n.tau_mem * (n.v_leak - self.v + n.r * self.i)
        else:
            v = self.v + dt / n.tau * (n.v_leak - self.v + n.r * x)
        out = v
        if isinstance(n, SPIKING):
            self.margin = min(self.margin, np.abs(v - n.v_threshold).min())
            out = (v > n.v_threshold).astype(np.float64)
            v = np.where(out == 1, n.v_reset, v)
        self.v = v
        self.membrane.append(v)
        return out


class Simulation:
    """Neurons are stepped in the order given; what one asks of neurons that come later is from one step before."""

    def __init__(self, graph, order, dt, integration):
        self.nodes, self.edges = flat(graph)
        self.dt = dt
        self.neurons = {name: Neurons(self.nodes[name], dt, integration) for name in order}
        self.spikes = {name: [] for name in order}

    def run(self, x):
        """Spikes, outputs of the graph, and potentials after the reset, by name: (steps, …)."""
        self.x = x
        outputs = {name: [] for name, node in self.nodes.items() if isinstance(node, nir.Output) and "/" not in name}
        for t in range(len(x)):
            for name, neurons in self.neurons.items():
                self.spikes[name].append(neurons.step(self.current(name, t)))
            for name in outputs:
                outputs[name].append(self.current(name, t))
        outputs.update({name: s for name, s in self.spikes.items() if isinstance(self.nodes[name], SPIKING)})
        membranes = {name: np.stack(neurons.membrane) for name, neurons in self.neurons.items()}
        return {name: np.stack(values) for name, values in outputs.items()}, membranes

    def margin(self):
        return min((neurons.margin for neurons in self.neurons.values()), default=np.inf)

    def current(self, name, t):
        return sum(self.value(a, t) for a, b in self.edges if b == name)

    def value(self, name, t):
        """What a node puts out in step t, as far as it is known by now."""
        node = self.nodes[name]
        if name in self.neurons:
            past = self.spikes[name][: t + 1]
            return past[-1] if past else np.zeros(node.r.shape)
        if isinstance(node, nir.Input) and "/" not in name:
            return self.x[t]
        if isinstance(node, nir.Delay):
            steps = np.round(node.delay / self.dt).astype(int)
            result = np.zeros(node.delay.shape)
            for late in np.unique(steps[steps <= t]):
                result = np.where(steps == late, self.current(name, t - late), result)
            return result
        x = self.current(name, t)
        if isinstance(node, (nir.Affine, nir.Linear)):
            return node.weight.astype(np.float64) @ x + getattr(node, "bias", 0)
        if isinstance(node, nir.Scale):
            return node.scale * x
        if isinstance(node, nir.Threshold):
            return (x > node.threshold).astype(np.float64)
        if isinstance(node, nir.Conv2d):
            return convolved(node, x)
        if isinstance(node, nir.SumPool2d):
            return windows(x, node.kernel_size, node.stride, node.padding).sum((-2, -1))
        if isinstance(node, nir.AvgPool2d):
            return windows(x, node.kernel_size, node.stride, node.padding).mean((-2, -1))
        if isinstance(node, nir.Flatten):
            end = range(x.ndim)[node.end_dim] + 1
            return x.reshape(*x.shape[: node.start_dim], -1, *x.shape[end:])
        return x


def windows(x, kernel, stride, padding):
    """(channels, rows, columns, kernel height, kernel width)."""
    padded = np.pad(x, ((0, 0), *((p, p) for p in padding)))
    view = np.lib.stride_tricks.sliding_window_view(padded, tuple(kernel), axis=(1, 2))
    return view[:, :: stride[0], :: stride[1]]


def convolved(node, x):
    assert node.groups == 1 and np.all(node.dilation == 1)
    view = windows(x, node.weight.shape[2:], node.stride, node.padding)
    return np.einsum("oihw,irchw->orc", node.weight.astype(np.float64), view) + node.bias[:, None, None]


class Parameters:
    """Draws arrays and remembers how: the fixture holds seeds, not numbers."""

    def __init__(self, seed):
        self.seed = seed
        self.drawn = {}

    def __call__(self, shape, low, high):
        self.seed += 1
        values = draw(shape, self.seed, low, high)
        self.drawn[id(values)] = (values, {"shape": list(shape), "seed": self.seed, "low": low, "high": high})
        return values

    def stored(self, graph):
        """The graph in the words of src/formats/nir-graph.ts."""
        nodes = {}
        for name, node in graph.nodes.items():
            if isinstance(node, nir.NIRGraph):
                nodes[name] = self.stored(node)
                continue
            entry = {"type": type(node).__name__}
            if isinstance(node, (nir.Input, nir.Output)):
                entry["shape"] = [int(n) for n in next(iter(node.input_type.values()))]
            for key, value in vars(node).items():
                if isinstance(value, np.ndarray):
                    words = key.split("_")
                    camel = words[0] + "".join(word.capitalize() for word in words[1:])
                    known = self.drawn.get(id(value))
                    entry[camel] = known[1] if known else {"shape": list(value.shape), "data": numbers(value)}
            nodes[name] = entry
        return {"type": "NIRGraph", "nodes": nodes, "edges": [list(edge) for edge in graph.edges]}


def chain(*nodes):
    names = ["input", *(f"n{i}" for i in range(1, len(nodes) - 1)), "output"]
    return nir.NIRGraph(dict(zip(names, nodes)), list(zip(names, names[1:])))


def ports(n):
    return nir.Input(np.array([n])), nir.Output(np.array([n]))


def lif(draw, n):
    return nir.LIF(
        draw((n,), 0.002, 0.02), draw((n,), 0.8, 1.6), draw((n,), -0.1, 0.1), draw((n,), 0.4, 0.7), draw((n,), -0.2, 0.1)
    )


def cubalif(draw, n):
    return nir.CubaLIF(
        tau_syn=draw((n,), 0.001, 0.01),
        tau_mem=draw((n,), 0.002, 0.02),
        r=draw((n,), 0.8, 1.6),
        v_leak=draw((n,), -0.1, 0.1),
        v_threshold=draw((n,), 0.3, 0.5),
        v_reset=draw((n,), -0.2, 0.1),
        w_in=draw((n,), 0.8, 1.6),
    )


def li(draw, n):
    return nir.LI(draw((n,), 0.002, 0.02), draw((n,), 0.8, 1.6), draw((n,), -0.1, 0.1))


def cubali(draw, n):
    return nir.CubaLI(
        tau_syn=draw((n,), 0.001, 0.01),
        tau_mem=draw((n,), 0.002, 0.02),
        r=draw((n,), 0.8, 1.6),
        v_leak=draw((n,), -0.1, 0.1),
        w_in=draw((n,), 0.8, 1.6),
    )


def integrate_and_fire(draw, n):
    return nir.IF(draw((n,), 100, 200), draw((n,), 0.5, 1), draw((n,), -0.1, 0.1))


def affine(draw, outputs, inputs):
    return nir.Affine(draw((outputs, inputs), -0.6, 1), draw((outputs,), -0.1, 0.2))


def single(make):
    def graph(draw):
        given, taken = ports(6)
        return chain(given, affine(draw, 6, 6), make(draw, 6), taken), ["n2"]

    return graph


def delayed(draw):
    """Delays of 0 to 4 steps, differing in one node, between two layers."""
    given, taken = ports(6)
    delay = nir.Delay(np.array([0, 0.001, 0.002, 0.004, 0.001, 0], dtype=np.float32))
    nodes = (given, affine(draw, 6, 6), lif(draw, 6), delay, affine(draw, 6, 6), cubalif(draw, 6), taken)
    return chain(*nodes), ["n2", "n5"]


def thresholds(draw):
    given, taken = ports(6)
    return chain(given, nir.Scale(draw((6,), 0.5, 2)), nir.Threshold(draw((6,), 0.3, 1.2)), taken), []


def recurrent_flat(draw):
    """A layer that feeds itself through an Affine, and is fed by the layer after it through a delay of 3 steps."""
    given, taken = ports(6)
    nodes = {
        "input": given,
        "fc1": affine(draw, 8, 6),
        "lif1": lif(draw, 8),
        "w_rec": nir.Affine(draw((8, 8), -0.6, 0.3), draw((8,), -0.1, 0.1)),
        "fc2": affine(draw, 6, 8),
        "lif2": cubalif(draw, 6),
        "delay": nir.Delay(np.full(6, 0.003, dtype=np.float32)),
        "back": nir.Affine(draw((8, 6), -0.6, 0.3), draw((8,), -0.1, 0.1)),
        "output": taken,
    }
    names = "input fc1 lif1 fc2 lif2 output"
    edges = list(zip(names.split(), names.split()[1:]))
    edges += [("lif1", "w_rec"), ("w_rec", "lif1"), ("lif2", "delay"), ("delay", "back"), ("back", "lif1")]
    return nir.NIRGraph(nodes, edges), ["lif1", "lif2"]


def recurrent_nested(draw):
    """The layer that feeds itself is a graph of its own, as snnTorch writes it."""
    given, taken = ports(6)
    inner_given, inner_taken = ports(8)
    inner = nir.NIRGraph(
        {
            "input": inner_given,
            "lif": cubalif(draw, 8),
            "w_rec": nir.Affine(draw((8, 8), -0.6, 0.3), draw((8,), -0.1, 0.1)),
            "output": inner_taken,
        },
        [("input", "lif"), ("lif", "w_rec"), ("w_rec", "lif"), ("lif", "output")],
    )
    nodes = {"input": given, "fc1": affine(draw, 8, 6), "layer": inner, "fc2": affine(draw, 6, 8), "li": li(draw, 6)}
    names = ["input", "fc1", "layer", "fc2", "li", "output"]
    return nir.NIRGraph({**nodes, "output": taken}, list(zip(names, names[1:]))), ["layer/lif", "li"]


cases = {
    "I": single(lambda draw, n: nir.I(draw((n,), 50, 200))),
    "IF": single(integrate_and_fire),
    "LI": single(li),
    "LIF": single(lif),
    "CubaLI": single(cubali),
    "CubaLIF": single(cubalif),
    "Delay": delayed,
    "Scale and Threshold": thresholds,
    "recurrent, flat": recurrent_flat,
    "recurrent, nested": recurrent_nested,
}
dt, steps = 0.001, 30


def arrays(by_name):
    return {name: {"shape": list(a.shape), "data": numbers(a)} for name, a in by_name.items()}


def case(name, make, first_seed):
    """Draws anew until no potential is near a threshold."""
    for seed in range(first_seed, first_seed + 500):
        parameters = Parameters(seed * 100)
        graph, order = make(parameters)
        stored_input = {"shape": [steps, 6], "seed": seed * 100 + 99, "low": -0.2, "high": 2}
        x = draw((steps, 6), stored_input["seed"], -0.2, 2).astype(np.float64)
        expected = {}
        margin = np.inf
        for integration in ("exponential", "euler"):
            simulation = Simulation(graph, order, dt, integration)
            outputs, membranes = simulation.run(x)
            margin = min(margin, simulation.margin())
            expected[integration] = {"outputs": arrays(outputs), "membranes": arrays(membranes)}
        fired = all(
            outputs[each].any() and not outputs[each].all()
            for each in order
            if isinstance(simulation.nodes[each], SPIKING)
        )
        if margin > MARGIN and fired:
            return {"name": name, "graph": parameters.stored(graph), "input": stored_input, "expected": expected}
    raise AssertionError(name)


def braille(path):
    """Spikes of the graph of the NIR paper on drawn input, by forward Euler with its training's step of 1e-4 s."""
    graph = nir.read(path)
    for seed in range(1, 500):
        stored = {"shape": [100, 12], "seed": seed, "low": 0, "high": 1}
        x = (draw((100, 12), seed, 0, 1) > 0.7).astype(np.float64)
        simulation = Simulation(graph, ["lif1.lif", "lif2"], 1e-4, "euler")
        outputs, _ = simulation.run(x)
        if simulation.margin() > 1e-4 and outputs["lif2"].any():
            spikes = {name: [int(at) for at in np.flatnonzero(values)] for name, values in outputs.items()}
            return {"input": stored, "above": 0.7, "dt": 1e-4, "spikes": spikes}
    raise AssertionError("every input brings a potential near a threshold")


if __name__ == "__main__":
    content = {"dt": dt, "cases": [case(name, make, 1 + 600 * i) for i, (name, make) in enumerate(cases.items())]}
    if len(sys.argv) > 1:
        content["braille"] = braille(sys.argv[1])
    write("nir_simulation", "NIR graphs integrated in numpy: see reference/nir_simulation.py", content)
