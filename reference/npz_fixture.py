"""Writes test/fixtures/npz/ with numpy.savez and savez_compressed. Run from the repository's root: python reference/npz_fixture.py"""

import pathlib

import numpy as np

folder = pathlib.Path("test/fixtures/npz")
folder.mkdir(parents=True, exist_ok=True)
arrays = {
    "responses": np.arange(6, dtype=np.float64).reshape(2, 3) / 4,
    "images": np.arange(12, dtype=np.uint8).reshape(3, 2, 2),
    "tiers": np.array(["train", "validation", "test"]),
}
np.savez(folder / "stored.npz", **arrays)
np.savez_compressed(folder / "packed.npz", **arrays)
