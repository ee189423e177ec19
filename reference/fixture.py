"""Arrays in the fixture files: how they are drawn, rounded and written.

Inputs are not stored but drawn by `draw`, a counter-based mulberry32 that test/tensor/fixture.ts repeats bit for
bit: element i of the array with seed s is low + (high - low) * u(s + (i + 1) * 0x6D2B79F5), computed in double
precision and rounded to float32. Expected arrays are stored with the fewest decimals that give the same float32.
Arrays longer than `FULL` values store every k-th value, the sum, and the sum of squares.
"""

import json
import math
from pathlib import Path

import numpy as np
import torch

FIXTURES = Path(__file__).resolve().parent.parent / "test" / "fixtures"
FULL = 400


def uniform(seed, count):
    """The first `count` mulberry32 numbers in [0, 1) of a 32-bit seed, as float64."""
    with np.errstate(over="ignore"):
        a = np.uint32(seed) + np.arange(1, count + 1, dtype=np.uint32) * np.uint32(0x6D2B79F5)
        t = (a ^ (a >> np.uint32(15))) * (a | np.uint32(1))
        t = (t + (t ^ (t >> np.uint32(7))) * (t | np.uint32(61))) ^ t
        return (t ^ (t >> np.uint32(14))).astype(np.float64) / 4294967296.0


def draw(shape, seed, low=-1.0, high=1.0):
    """A float32 numpy array of the given shape."""
    count = math.prod(shape)
    return (low + (high - low) * uniform(seed, count)).astype(np.float32).reshape(shape)


def number(value):
    """The shortest decimal that reads back as the same float32; text where JSON has no number."""
    value = np.float32(value)
    if np.isnan(value):
        return "NaN"
    if np.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    short = float(str(value))
    return int(short) if short == int(short) and abs(short) < 1e15 and not (short == 0 and np.signbit(value)) else short


def numbers(array):
    """A flat list of an array's values."""
    if isinstance(array, torch.Tensor):
        array = array.detach().numpy()
    return [number(v) for v in np.asarray(array).reshape(-1)]


def array(tensor):
    """The stored form of an expected array: shape, and all values or a sample with two sums."""
    values = tensor.detach().numpy() if isinstance(tensor, torch.Tensor) else np.asarray(tensor)
    entry = {"shape": list(values.shape)}
    if values.dtype == np.bool_:
        entry["dtype"] = "bool"
    elif values.dtype.kind in "iu":
        entry["dtype"] = values.dtype.name
    flat = values.reshape(-1).astype(np.float64)
    if flat.size <= FULL:
        entry["data"] = numbers(flat)
        return entry
    every = -(-flat.size // (FULL // 2))
    while math.gcd(every, flat.size) != 1:
        every += 1
    entry["every"] = every
    entry["data"] = numbers(flat[::every])
    entry["sum"] = float(f"{flat.sum():.10g}")
    entry["sumOfSquares"] = float(f"{(flat * flat).sum():.10g}")
    entry["max"] = number(np.abs(flat).max())
    return entry


def write(name, about, content):
    """Writes test/fixtures/<name>.json with one case per line."""
    lines = [f'{{"about":{json.dumps(about)},"torch":{json.dumps(torch.__version__)}']
    for key, value in content.items():
        if isinstance(value, list):
            body = ",\n".join(json.dumps(item, separators=(",", ":"), allow_nan=False) for item in value)
            lines.append(f",\n{json.dumps(key)}:[\n{body}\n]")
        else:
            lines.append(f",\n{json.dumps(key)}:{json.dumps(value, separators=(',', ':'), allow_nan=False)}")
    lines.append("}\n")
    path = FIXTURES / f"{name}.json"
    path.write_text("".join(lines))
    print(f"{path.name}: {path.stat().st_size / 1e3:.0f} kB")
