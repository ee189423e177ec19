"""Writes test/fixtures/anytime.json: when to stop a spiking network, in numpy and SciPy.

The rules as their authors' code has them, on drawn outputs of T steps:
- margin and cutoff: github.com/Dengyu-Wu/snncutoff, snncutoff/cutoff/topk_cutoff.py. Its setup tries 100 evenly spaced
  betas; here every gap is one, which is what its paper (Wu et al., 2025) defines.
- confidence: github.com/chenlicodebank/Dynamic-Confidence-in-Spiking-Neural-Networks, main.py: softmax of the accumulated
  outputs over a constant. The constant is found here by SciPy as the temperature of least negative log-likelihood.
- entropy: 1 - H / ln K of the same softmax.
"""

import json

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax
from scipy.stats import entropy

from fixture import FIXTURES, draw

STEPS, SAMPLES, CLASSES = 12, 40, 5


def evidence(seed):
    """Accumulated outputs (T, N, K): a noisy current that favours the label, more in some samples than in others."""
    labels = (draw((SAMPLES,), seed, 0, CLASSES).astype(np.float64) // 1).astype(int).clip(0, CLASSES - 1)
    noise = draw((STEPS, SAMPLES, CLASSES), seed + 1, -1.5, 1.5).astype(np.float64)
    offset = draw((SAMPLES, CLASSES), seed + 2, -0.3, 0.3).astype(np.float64)
    strength = draw((SAMPLES,), seed + 3, 0, 0.8).astype(np.float64)
    currents = noise + offset + strength[None, :, None] * np.eye(CLASSES)[labels][None]
    return np.cumsum(currents.astype(np.float32).astype(np.float64), axis=0), labels


def gaps(z):
    top = np.sort(z, axis=-1)
    return top[..., -1] - top[..., -2]


def fit_temperature(z, labels):
    def loss(log_inverse):
        p = log_softmax(np.exp(log_inverse) * z, axis=-1)
        return -np.take_along_axis(p, np.broadcast_to(labels[None, :, None], (STEPS, SAMPLES, 1)), axis=-1).mean()

    found = minimize_scalar(loss, bounds=(-8, 8), method="bounded", options={"xatol": 1e-12})
    return float(np.exp(-found.x)), float(found.fun)


def betas(z, labels, sigma):
    """The least gap beta(t) such that a share of sigma of the samples above it stays right from t on."""
    right = z.argmax(-1) == labels
    stays = np.flip(np.cumprod(np.flip(right, 0), axis=0), 0)
    gap = gaps(z)
    found = []
    for t in range(STEPS):
        candidates = np.concatenate([[-np.inf], np.sort(gap[t])])
        confident = [
            b for b in candidates if (gap[t] > b).any() and stays[t][gap[t] > b].mean() >= sigma
        ]
        found.append(confident[0] if confident else np.inf)
    return np.array(found)


def stop(sure):
    """First step at which a sample is sure, from 1; the last where it never is."""
    sure = sure.copy()
    sure[-1] = True
    return sure.argmax(0) + 1


def outcome(z, labels, sure):
    steps = stop(sure)
    decided = z[steps - 1, np.arange(SAMPLES)].argmax(-1)
    return {"steps": steps.tolist(), "accuracy": float((decided == labels).mean()), "meanSteps": float(steps.mean())}


calibration, calibration_labels = evidence(11)
test, labels = evidence(71)
temperature, loss = fit_temperature(calibration, calibration_labels)
p = softmax(test / temperature, axis=-1)
certainty = {
    "margin": gaps(test),
    "confidence": p.max(-1),
    "entropy": 1 - entropy(p, axis=-1) / np.log(CLASSES),
}
cases = [
    {"rule": rule, "threshold": x, **outcome(test, labels, certainty[rule] >= x)}
    for rule, thresholds in {
        "margin": [0.5, 1, 2, 4],
        "confidence": [0.3, 0.5, 0.7, 0.9],
        "entropy": [0.05, 0.2, 0.4],
    }.items()
    for x in thresholds
] + [
    {"rule": "cutoff", "threshold": s, **outcome(test, labels, gaps(test) > betas(calibration, calibration_labels, s)[:, None])}
    for s in [0.3, 0.5, 0.7, 0.8, 0.9]
]
result = {
    "source": "made by reference/anytime.py with numpy and SciPy",
    "steps": STEPS,
    "samples": SAMPLES,
    "classes": CLASSES,
    "calibration": {"evidence": calibration.ravel().round(9).tolist(), "labels": calibration_labels.tolist()},
    "test": {"evidence": test.ravel().round(9).tolist(), "labels": labels.tolist()},
    "temperature": temperature,
    "loss": loss,
    "certainty": {rule: values[[0, 3, 11]].ravel().round(12).tolist() for rule, values in certainty.items()},
    "cases": cases,
}
(FIXTURES / "anytime.json").write_text(json.dumps(result) + "\n")
