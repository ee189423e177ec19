"""Spike trains, membrane potentials and gradients of SpikingJelly and snnTorch neurons → test/fixtures/neurons.json.

Every case runs T = 8 steps of N = 5 neurons in float32 on the CPU. `spikeGradient` is the gradient of
sum(spikes * spikeWeights) with respect to the input current, `membraneGradient` that of
sum(membrane[T - 1] * membraneWeights). Arrays are flat, time first. The equations are in reference/README.md.
No potential lies within 1e-3 of the threshold, except in the cases named "at threshold".
"""

from importlib.metadata import version

import numpy as np
import snntorch
import torch
from fixture import draw, number, numbers, write
from snntorch import surrogate as snn_surrogate
from spikingjelly.activation_based import neuron, surrogate

T, N = 8, 5


def rounded(shape, seed, low, high):
    """Random values of three decimals."""
    return torch.from_numpy(np.round(draw(shape, seed, low, high).astype(np.float64), 3).astype(np.float32))


def trace(run, current, seed):
    """Spikes, membrane and both gradients of `run`, a map from the current to (spikes, membrane)."""
    spike_weights = rounded((T, N), seed + 1, -1, 1)
    membrane_weights = rounded((N,), seed + 2, -1, 1)
    entry = {"current": numbers(current), "spikeWeights": numbers(spike_weights), "membraneWeights": numbers(membrane_weights)}
    for key, loss in (
        ("spikeGradient", lambda s, v: (s * spike_weights).sum()),
        ("membraneGradient", lambda s, v: (v[-1] * membrane_weights).sum()),
    ):
        x = current.clone().requires_grad_(True)
        spikes, membrane = run(x)
        value = loss(spikes, membrane)
        gradient = torch.autograd.grad(value, x)[0] if value.requires_grad else torch.zeros_like(x)
        assert torch.isfinite(gradient).all()
        entry["spikes"], entry["membrane"] = numbers(spikes), numbers(membrane)
        entry[key] = numbers(gradient)
    return entry


# --- SpikingJelly ------------------------------------------------------------------------------------------------
SPIKINGJELLY_SURROGATES = {
    "ATan": (surrogate.ATan, {"alpha": 2.0}),
    "Sigmoid": (surrogate.Sigmoid, {"alpha": 4.0}),
    "PiecewiseQuadratic": (surrogate.PiecewiseQuadratic, {"alpha": 1.0}),
    "Rect": (surrogate.Rect, {"alpha": 1.0}),
    "Erf": (surrogate.Erf, {"alpha": 2.0}),
    "SoftSign": (surrogate.SoftSign, {"alpha": 2.0}),
    "SuperSpike": (surrogate.SuperSpike, {"alpha": 1.0}),
    "PiecewiseExp": (surrogate.PiecewiseExp, {"alpha": 1.0}),
    "PiecewiseLeakyReLU": (surrogate.PiecewiseLeakyReLU, {"w": 1.0, "c": 0.01}),
}


def spikingjelly_case(seed, model, surrogate_name="ATan", parameters=None, reset=0.0, detach=False, threshold=1.0, tau=2.0, decay=True, current=None):
    make, defaults = SPIKINGJELLY_SURROGATES[surrogate_name]
    parameters = {**defaults, **(parameters or {})}
    options = {"threshold": threshold, "reset": "soft" if reset is None else "hard", "resetPotential": reset, "detachReset": detach}
    if model == "LIFNode":
        options |= {"tau": tau, "decayInput": decay}

    def run(x):
        common = dict(v_threshold=threshold, v_reset=reset, surrogate_function=make(**parameters), detach_reset=detach, step_mode="m", store_v_seq=True)
        node = neuron.IFNode(**common) if model == "IFNode" else neuron.LIFNode(tau=tau, decay_input=decay, **common)
        spikes = node(x)
        return spikes, node.v_seq

    def margin(x):
        """Smallest distance of a charged potential from the threshold."""
        v = torch.full((N,), reset or 0.0)
        closest = torch.inf
        for current_t in x:
            rest = reset or 0.0
            h = v + current_t if model == "IFNode" else (v + (current_t - (v - rest)) / tau if decay else v - (v - rest) / tau + current_t)
            spike = (h >= threshold).float()
            v = h - spike * threshold if reset is None else spike * reset + (1 - spike) * h
            closest = min(closest, (h - threshold).abs().min().item())
        return closest

    at_threshold = current is not None
    while current is None or (not at_threshold and margin(current) < 1e-3):
        current = rounded((T, N), seed, -0.6, 2.6 if model == "LIFNode" and decay else 1.4)
        seed += 1000
    return {
        "name": f"spikingjelly {model} {surrogate_name}{'' if model == 'IFNode' else f' tau {tau} decayInput {decay}'} reset {reset} detach {detach} threshold {threshold}" + (" at threshold" if at_threshold else ""),
        "library": "spikingjelly",
        "model": model,
        "options": options,
        "surrogate": {"name": surrogate_name, **parameters},
        **trace(run, current, seed),
    }


# --- snnTorch ----------------------------------------------------------------------------------------------------
SNNTORCH_SURROGATES = {
    "atan": (snn_surrogate.atan, {"alpha": 2.0}),
    "fast_sigmoid": (snn_surrogate.fast_sigmoid, {"slope": 25}),
    "sigmoid": (snn_surrogate.sigmoid, {"slope": 25}),
    "triangular": (snn_surrogate.triangular, {"threshold": 1}),
    "straight_through_estimator": (snn_surrogate.straight_through_estimator, {}),
    "spike_rate_escape": (snn_surrogate.spike_rate_escape, {"beta": 1, "slope": 25}),
}


def snntorch_case(seed, surrogate_name="atan", parameters=None, beta=0.9, threshold=1.0, mechanism="subtract", delay=True, current=None):
    make, defaults = SNNTORCH_SURROGATES[surrogate_name]
    parameters = {**defaults, **(parameters or {})}

    def run(x):
        node = snntorch.Leaky(beta=beta, threshold=threshold, spike_grad=make(**parameters), reset_mechanism=mechanism, reset_delay=delay)
        mem = torch.zeros(N)
        spikes, membranes = [], []
        for current_t in x:
            spike, mem = node(current_t, mem)
            spikes.append(spike)
            membranes.append(mem)
        return torch.stack(spikes), torch.stack(membranes)

    def margin(x):
        """Smallest distance from the threshold of a potential that is compared with it."""
        mem = torch.zeros(N)
        closest = torch.inf
        for current_t in x:
            last = (mem > threshold).float()
            if mechanism == "zero":
                mem = (1 - last) * mem
            mem = beta * mem + current_t - (last * threshold if mechanism == "subtract" else 0)
            closest = min(closest, (mem - threshold).abs().min().item())
            if not delay:
                now = (mem > threshold).float() - last
                mem = mem - now * threshold if mechanism == "subtract" else (mem - now * mem if mechanism == "zero" else mem)
                closest = min(closest, (mem - threshold).abs().min().item())
        return closest

    at_threshold = current is not None
    while current is None or (not at_threshold and margin(current) < 1e-3):
        current = rounded((T, N), seed, -0.4, 1.2)
        seed += 1000
    return {
        "name": f"snntorch Leaky {surrogate_name} beta {beta} threshold {threshold} reset {mechanism} delay {delay}" + (" at threshold" if at_threshold else ""),
        "library": "snntorch",
        "model": "Leaky",
        "options": {"beta": beta, "threshold": threshold, "resetMechanism": mechanism, "resetDelay": delay},
        "surrogate": {"name": surrogate_name, **parameters},
        **trace(run, current, seed),
    }


# --- surrogate derivatives on a grid -----------------------------------------------------------------------------
def curve(library, name, function, parameters):
    x = torch.arange(-2, 2.01, 0.125).requires_grad_(True)
    y = function(x)
    gradient = torch.autograd.grad(y.sum(), x)[0]
    return {"library": library, "name": name, "parameters": parameters, "x": numbers(x), "spike": numbers(y), "derivative": numbers(gradient)}


def curves():
    extra = {"ATan": {"alpha": 3.0}, "Sigmoid": {"alpha": 1.0}, "PiecewiseQuadratic": {"alpha": 2.0}, "Rect": {"alpha": 2.0}, "Erf": {"alpha": 1.0}, "SuperSpike": {"alpha": 2.0}}
    result = []
    for name, (make, parameters) in SPIKINGJELLY_SURROGATES.items():
        for chosen in [parameters] + ([extra[name]] if name in extra else []):
            result.append(curve("spikingjelly", name, make(**chosen), chosen))
    for name, (make, parameters) in SNNTORCH_SURROGATES.items():
        result.append(curve("snntorch", name, make(**parameters), parameters))
    result.append(curve("snntorch", "fast_sigmoid", snn_surrogate.fast_sigmoid(slope=5), {"slope": 5}))
    result.append(curve("snntorch", "sigmoid", snn_surrogate.sigmoid(slope=5), {"slope": 5}))
    return result


def traces():
    cases = []
    seed = 100

    def add(make, *args, **kwargs):
        nonlocal seed
        seed += 10
        cases.append(make(seed, *args, **kwargs))

    for reset in (0.0, -0.3, 0.25, None):
        for detach in (False, True):
            add(spikingjelly_case, "IFNode", reset=reset, detach=detach)
            for decay in (True, False):
                add(spikingjelly_case, "LIFNode", reset=reset, detach=detach, decay=decay)
    for name in SPIKINGJELLY_SURROGATES:
        if name != "ATan":
            add(spikingjelly_case, "LIFNode", name)
            add(spikingjelly_case, "IFNode", name, reset=None)
    add(spikingjelly_case, "LIFNode", "ATan", {"alpha": 3.5}, tau=1.25, threshold=0.75, reset=None, decay=False)
    add(spikingjelly_case, "LIFNode", "Sigmoid", {"alpha": 1.5}, tau=4.0, threshold=0.5, reset=0.1, detach=True)
    exact = torch.tensor([[0.5, 1.0, 0.25, 2.0, 0.0]] * T)
    add(spikingjelly_case, "IFNode", current=exact)
    add(spikingjelly_case, "IFNode", reset=None, current=exact)

    for mechanism in ("subtract", "zero", "none"):
        for delay in (True, False):
            for name in ("atan", "fast_sigmoid") if mechanism != "none" else ("atan",):
                add(snntorch_case, name, mechanism=mechanism, delay=delay)
    for name in SNNTORCH_SURROGATES:
        if name not in ("atan", "fast_sigmoid"):
            add(snntorch_case, name)
    add(snntorch_case, "fast_sigmoid", {"slope": 5}, beta=0.5, threshold=0.6)
    add(snntorch_case, "atan", {"alpha": 3.5}, beta=0.5, threshold=0.6, mechanism="zero")
    add(snntorch_case, beta=1.0, current=exact)
    add(snntorch_case, beta=1.0, mechanism="zero", current=exact)
    return cases


if __name__ == "__main__":
    cases = traces()
    for c in cases:
        assert 0 < sum(c["spikes"]) < T * N, c["name"]
    write(
        "neurons",
        "reference/neurons.py",
        {"spikingjelly": version("spikingjelly"), "snntorch": snntorch.__version__, "steps": T, "neurons": N, "surrogates": curves(), "cases": cases},
    )
    print(f"{len(cases)} traces, {number(np.mean([sum(c['spikes']) / (T * N) for c in cases]))} spikes per step")
