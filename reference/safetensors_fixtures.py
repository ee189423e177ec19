"""Writes test/fixtures/safetensors/reference.safetensors with the reference implementation, and what it holds.

Run from the repository's root: python reference/safetensors_fixtures.py
(needs numpy and safetensors; written with safetensors 0.8.0).
"""

import json
import pathlib

import numpy as np
from safetensors.numpy import save_file

folder = pathlib.Path("test/fixtures/safetensors")
folder.mkdir(parents=True, exist_ok=True)
values = np.arange(-6, 6).reshape(3, 4)
tensors = {
    "conv.weight": (values / 4).astype("f4"),
    "double": (values / 8).astype("f8"),
    "long": values.astype("i8"),
    "int": values.astype("i4"),
    "short": values.astype("i2"),
    "signed byte": values.astype("i1"),
    "byte": np.abs(values).astype("u1"),
    "mask": values > 0,
    "scalar": np.array(1.5, dtype="f4"),
    "empty": np.zeros((0, 5), dtype="f4"),
}
save_file(tensors, folder / "reference.safetensors", metadata={"seed": "7", "größe": "ü"})
expected = {
    name: {"shape": list(array.shape), "dtype": array.dtype.name, "data": array.ravel().astype(float).tolist()}
    for name, array in tensors.items()
}
(folder / "reference.json").write_text(json.dumps(expected, indent=1) + "\n")
