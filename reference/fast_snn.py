"""Quantisers and the (signed) integrate-and-fire neuron of Fast-SNN, in plain PyTorch → test/fixtures/fast_snn.json.

Hu, Zheng, Jiang, Pan: Fast-SNN, TPAMI 2023 (arXiv 2305.19868). Weight quantiser: Li, Dong, Wang: Additive
Powers-of-Two Quantization, ICLR 2020. All arrays are flat float32; gradients are those of sum(output * cotangent).
Except in the cases named "half-way", no value lies within 1e-4 of a rounding or firing boundary.
"""

import itertools
import math

import numpy as np
import torch
from fixture import draw, number, numbers, write


def rounded(shape, seed, low, high, decimals=3):
    return torch.from_numpy(np.round(draw(shape, seed, low, high).astype(np.float64), decimals).astype(np.float32))


# --- activations -------------------------------------------------------------------------------------------------
class Round(torch.autograd.Function):
    """Half to even forward; the gradient passes straight through."""

    @staticmethod
    def forward(ctx, x):
        return torch.round(x)

    @staticmethod
    def backward(ctx, g):
        return g


class Clip(torch.autograd.Function):
    """Limits to [0, 1]; the gradient passes on the bounds too (PyTorch 2.15's clamp stops it there)."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return torch.clamp(x, 0, 1)

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return g * ((x >= 0) & (x <= 1))


def quantised_relu(x, alpha, bits):
    """α round(clip(relu(x) / α, 0, 1) n) / n with n = 2^b - 1, evaluated in this order."""
    n = 2**bits - 1
    return alpha * (Round.apply(Clip.apply(torch.relu(x) / alpha) * n) / n)


def activation_case(name, x, alpha, bits, seed):
    x = x.clone().requires_grad_(True)
    alpha = torch.tensor(alpha, requires_grad=True)
    cotangent = rounded(x.shape, seed, -1, 1)
    y = quantised_relu(x, alpha, bits)
    gx, ga = torch.autograd.grad((y * cotangent).sum(), (x, alpha))
    with torch.no_grad():  # the formulas of the paper give the same
        i = (x / alpha > 1).float()
        assert torch.allclose(gx, cotangent * ((x > 0) & (x / alpha <= 1)), atol=1e-6)
        assert torch.allclose(ga, (cotangent * (i + (y / alpha - torch.relu(x) / alpha) * (1 - i))).sum(), atol=1e-4)
    return {"name": name, "bits": bits, "alpha": number(alpha.item()), "x": numbers(x), "cotangent": numbers(cotangent), "y": numbers(y),
            "levels": [int(v) for v in torch.round(y / alpha * (2**bits - 1))], "gradient": numbers(gx), "alphaGradient": number(ga.item())}


def activations():
    cases = []
    for index, (bits, alpha) in enumerate(itertools.product((2, 3, 4), (1.0, 2.5, 8.0))):
        n = 2**bits - 1
        x = rounded((64,), 11 + index, -0.5 * alpha, 1.6 * alpha)
        scaled = torch.clamp(x.double() / alpha, 0, 1) * n
        keep = ((scaled - scaled.floor() - 0.5).abs() > 1e-3) & (x != 0) & ((x / alpha - 1).abs() > 1e-4)
        cases.append(activation_case(f"{bits} bits, alpha {alpha}", x[keep], alpha, bits, 501 + index))
    for bits in (2, 3, 4):
        n = 2**bits - 1
        # α = n makes x / α · n exact for these x in float32, so half-way points are exactly half-way
        x = torch.tensor([k + 0.5 for k in range(n)] + [float(k) for k in range(1, n + 1)])
        x = x[(x / n) * n == x]
        cases.append(activation_case(f"{bits} bits, half-way", x, float(n), bits, 601 + bits))
    return cases


# --- weights -----------------------------------------------------------------------------------------------------
def level_set(magnitude_bits):
    """Sorted additive-power-of-two magnitudes with maximum 1; one bit gives {0, 1}, that is ternary weights."""
    terms = {1: [[0, 1]], 2: [[0, 2**-1, 2**-2, 2**-3]], 3: [[0, 2**-1, 2**-2, 2**-4], [0, 2**-3]], 4: [[0, 2**-1, 2**-3, 2**-5], [0, 2**-2, 2**-4, 2**-6]]}[magnitude_bits]
    levels = torch.tensor(sorted({sum(c) for c in itertools.product(*terms)}), dtype=torch.float64)
    return levels / levels.max()


class Project(torch.autograd.Function):
    """α sign(u) nearest(|u|) of the standardised weights; u = clip(w / α, -1, 1)."""

    @staticmethod
    def forward(ctx, w, alpha, levels):
        u = w / alpha
        clipped = u.clamp(-1, 1)
        q = levels[(clipped.abs()[..., None] - levels).abs().argmin(-1)] * clipped.sign()
        ctx.save_for_backward(u, q)
        return q * alpha

    @staticmethod
    def backward(ctx, g):
        u, q = ctx.saved_tensors
        i = (u.abs() > 1).to(g)
        return g, (g * (u.sign() * i + (q - u) * (1 - i))).sum(), None


def weight_case(bits, alpha, shape, seed):
    levels = level_set(bits - 1)
    for attempt in itertools.count():
        w = rounded(shape, seed + 1000 * attempt, -0.4, 0.6).double().requires_grad_(True)
        # mean and deviation are constants for the gradient; the deviation is torch's, with n - 1
        standard = (w - w.detach().mean()) / w.detach().std()
        u = (standard / alpha).clamp(-1, 1).abs().detach()
        if ((u[..., None] - (levels[1:] + levels[:-1]) / 2).abs().min() > 1e-4) and ((u - 1).abs()[u < 1].min() > 1e-4):
            break
    a = torch.tensor(alpha, dtype=torch.float64, requires_grad=True)
    cotangent = rounded(shape, seed + 7, -1, 1)
    y = Project.apply(standard, a, levels)
    gw, ga = torch.autograd.grad((y * cotangent).sum(), (w, a))
    return {"name": f"{bits} bits, alpha {alpha}", "bits": bits, "alpha": alpha, "shape": list(shape), "levels": [number(v) for v in levels], "w": numbers(w), "cotangent": numbers(cotangent),
            "mean": number(w.mean().item()), "deviation": number(w.std().item()), "y": numbers(y), "gradient": numbers(gw), "alphaGradient": number(ga.item())}


def weights():
    return [weight_case(bits, alpha, (4, 3, 3, 3), 31 * k + 5) for k, (bits, alpha) in enumerate([(2, 1.0), (2, 3.0), (3, 3.0), (4, 3.0), (4, 1.25), (5, 3.0)])]


# --- neurons -----------------------------------------------------------------------------------------------------
EPSILON = 1e-3


def integrate_and_fire(current, threshold, signed):
    """Currents (T, N) → spikes, inhibitory spikes, potential after each step, and the closest call."""
    v = torch.full(current.shape[1:], 0.5 * threshold)
    count = torch.zeros_like(v)
    record = {"spikes": [], "inhibition": [], "membrane": [], "output": []}
    closest = math.inf
    for i in current:
        v = v + i
        closest = min(closest, (v - threshold).abs().min().item())
        s = (v >= threshold).float()
        v = v - s * threshold
        count = count + s
        n = torch.zeros_like(s)
        if signed:
            closest = min(closest, (v + EPSILON).abs().min().item())
            n = ((v <= -EPSILON) & (count > 0)).float()
            v = v + n * threshold
            count = count - n
        for key, value in zip(record, (s, n, v, (s - n) * threshold)):
            record[key].append(value)
    return {key: torch.stack(value) for key, value in record.items()}, count, closest


def neuron_case(steps, threshold, signed, seed):
    neurons = 6
    for attempt in itertools.count():
        current = rounded((steps, neurons), seed + 1000 * attempt, -0.9 * threshold, 1.3 * threshold)
        record, count, closest = integrate_and_fire(current, threshold, signed)
        if closest > 1e-4 and (not signed or record["inhibition"].sum() > 0):
            break
    return {"name": f"T {steps}, threshold {threshold}, {'signed' if signed else 'unsigned'}", "steps": steps, "neurons": neurons, "threshold": threshold, "signed": signed,
            "current": numbers(current), **{key: numbers(value) for key, value in record.items()}, "count": [int(v) for v in count]}


def neuron_traces():
    cases = []
    for steps, threshold in itertools.product((3, 7, 15), (1.0, 1.7)):
        for signed in (False, True):
            cases.append(neuron_case(steps, threshold, signed, 17 * steps + int(10 * threshold)))
    return cases


def constant_input():
    """Spike counts for a static current against the level of the quantiser, over a dense sweep."""
    sweeps = []
    for bits in (2, 3, 4):
        steps = 2**bits - 1
        threshold = 1.5
        x = torch.arange(-0.3, 2.0, 0.0137)
        scaled = torch.clamp(x.double() / threshold, 0, 1) * steps
        x = x[(scaled - scaled.floor() - 0.5).abs() > 1e-3]
        counts = [integrate_and_fire(x.expand(steps, -1), threshold, signed)[1] for signed in (False, True)]
        levels = torch.round(quantised_relu(x, torch.tensor(threshold), bits) / threshold * steps)
        assert all(torch.equal(c, levels) for c in counts)
        sweeps.append({"bits": bits, "steps": steps, "threshold": threshold, "current": numbers(x), "count": [int(v) for v in levels]})
    return sweeps


def networks():
    """Three linear layers with quantised ReLUs, and the spiking network made of them; the input is static."""
    cases = []
    for bits in (2, 3, 4):
        steps = 2**bits - 1
        for attempt in itertools.count():
            seed = 900 + 10 * bits + 1000 * attempt
            x = rounded((5, 8), seed, 0, 1)
            w = [rounded(s, seed + 1 + k, -0.7, 0.9) for k, s in enumerate(((12, 8), (10, 12), (4, 10)))]
            alphas = [1.75, 2.25]
            h1 = quantised_relu(x @ w[0].T, torch.tensor(alphas[0]), bits)
            h2 = quantised_relu(h1 @ w[1].T, torch.tensor(alphas[1]), bits)
            y = h2 @ w[2].T
            entry = {"bits": bits, "steps": steps, "x": numbers(x), "w1": numbers(w[0]), "w2": numbers(w[1]), "w3": numbers(w[2]), "alphas": alphas, "quantised": {"h1": numbers(h1), "h2": numbers(h2), "y": numbers(y)}}
            closest = math.inf
            for signed in (False, True):
                static = (x @ w[0].T).expand(steps, -1, -1)
                r1, n1, c1 = integrate_and_fire(static, alphas[0], signed)
                r2, n2, c2 = integrate_and_fire(r1["output"] @ w[1].T, alphas[1], signed)
                out = (r2["output"] @ w[2].T).sum(0)
                closest = min(closest, c1, c2)
                entry["signed" if signed else "unsigned"] = {"count1": [int(v) for v in n1.reshape(-1)], "count2": [int(v) for v in n2.reshape(-1)], "y": numbers(out)}
            if closest > 1e-4:
                break
        cases.append(entry)
    return cases


if __name__ == "__main__":
    write("fast_snn", "reference/fast_snn.py", {"epsilon": EPSILON, "activations": activations(), "weights": weights(), "neurons": neuron_traces(), "constantInput": constant_input(), "networks": networks()})
