"""Writes test/fixtures/npy/: small arrays saved by NumPy, and what they hold in expected.json.

Run from the repository's root: python reference/npy_fixtures.py (needs numpy; written with 2.4.6).
"""

import json
import pathlib
import warnings

import numpy as np
from numpy.lib import format as npy

folder = pathlib.Path("test/fixtures/npy")
folder.mkdir(parents=True, exist_ok=True)
generator = np.random.default_rng(7)
values = generator.integers(0, 100, size=(2, 3, 4))

arrays = {}
for code in ["f4", "f8", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "b1"]:
    arrays[f"{code}"] = (values > 50) if code == "b1" else values.astype(code)
arrays["f4_big_endian"] = (values / 8).astype(">f4")
arrays["i8_extreme"] = np.array([np.iinfo(np.int64).min, np.iinfo(np.int64).max])
arrays["u8_extreme"] = np.array([0, np.iinfo(np.uint64).max], dtype="u8")
arrays["f4_special"] = np.array([np.inf, -np.inf, np.nan, -0.0], dtype="f4")
arrays["f8_fortran"] = np.asfortranarray((values / 4).astype("f8"))
arrays["i2_fortran_big_endian"] = np.asfortranarray(values[0].astype(">i2"))
arrays["text"] = np.array([["V1", "großer"], ["雲", ""]])
arrays["text_fortran"] = np.asfortranarray(np.array([["a", "bc", "d"], ["e", "f", "🐭"]]))
arrays["text_big_endian"] = np.array(["ab", "c"]).astype(">U2")
arrays["scalar"] = np.array(2.5, dtype="f4")
arrays["empty"] = np.zeros((3, 0, 2), dtype="f4")
versions = {"f4_version2": (2, 0), "f4_version3": (3, 0)}

expected = {}


def plain(element):
    """JSON knows neither NaN nor integers beyond 2^53: those become text."""
    if isinstance(element, float) and not np.isfinite(element):
        return repr(element)
    if isinstance(element, int) and not isinstance(element, bool) and abs(element) >= 2**53:
        return str(element)
    return element


def describe(array):
    kind = array.dtype.kind
    dtype = "text" if kind == "U" else "bool" if kind == "b" else array.dtype.name
    flat = array.ravel(order="C").tolist()
    return {
        "shape": list(array.shape),
        "dtype": dtype,
        "data": [int(x) if isinstance(x, bool) else plain(x) for x in flat],
    }


for name, array in arrays.items():
    np.save(folder / f"{name}.npy", array)
    expected[f"{name}.npy"] = describe(array)
for name, version in versions.items():
    with open(folder / f"{name}.npy", "wb") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        npy.write_array(file, arrays["f4"], version=version)
    expected[f"{name}.npy"] = describe(arrays["f4"])

# Files that must be refused.
np.save(folder / "refused_object.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
np.save(folder / "refused_record.npy", np.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")]))
np.save(folder / "refused_complex.npy", np.array([1 + 2j]))

(folder / "expected.json").write_text(json.dumps(expected, indent=1, ensure_ascii=False) + "\n")
