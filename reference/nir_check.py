"""Checks that the Python package nir reads what Striate writes.

Striate reads each file of test/fixtures/nir/ (and of the folders given), writes it again, and the package opens the
copy with its type check; every field of every node is compared with what the package reads from the original, bit for
bit. Prints a line for each file; the output of the last run is in test/fixtures/nir/python_check.txt.

Run from the repository's root, after a build: python reference/nir_check.py [folder of .nir files ...]
"""

import pathlib
import subprocess
import sys
import tempfile

import nir
import numpy as np

copy_program = """
import { readNirFile, writeNirFile } from "./dist/src/node.js";
const [from, to] = process.argv.slice(-2);
await writeNirFile(to, await readNirFile(from));
"""
unreadable = {
    "identity.nir": "the package writes Identity and does not read it",
    "slash.nir": "the package writes names with a slash and does not read them; Striate writes none",
}


def copied(path, folder):
    target = folder / path.name
    program = ["node", "--input-type=module", "--eval", copy_program, "--", str(path), str(target)]
    subprocess.run(program, check=True, capture_output=True)
    return target


def compare(a, b, where):
    """How many fields are equal; raises where one is not."""
    assert type(a) is type(b), where
    if isinstance(a, nir.NIRGraph):
        assert a.nodes.keys() == b.nodes.keys() and sorted(a.edges) == sorted(b.edges), where
        fields = [compare(a.nodes[name], b.nodes[name], f"{where}/{name}") for name in a.nodes]
        return sum(fields) + same(a.metadata, b.metadata, where)
    return same(vars(a), vars(b), where)


def same(a, b, where):
    if isinstance(a, dict):
        assert a.keys() == b.keys(), (where, a.keys(), b.keys())
        return sum(same(a[key], b[key], f"{where}.{key}") for key in a)
    if isinstance(a, str) or a is None:
        assert a == b, where
        return 1
    a, b = np.asarray(a), np.asarray(b)
    if a.dtype.kind == "i" and a.ndim == 0:
        a = np.full(b.shape, a)  # one stride, padding or dilation for both axes is written as two
    assert a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes(), (where, a, b)
    return 1


def check(path, folder):
    if path.name in unreadable:
        return f"left out: {unreadable[path.name]}"
    target = copied(path, folder)
    try:
        original, type_check = nir.read(path), "with"
    except ValueError:
        original, type_check = nir.read(path, type_check=False), "without"
    fields = compare(original, nir.read(target, type_check=type_check == "with"), path.stem)
    return f"read {type_check} type check, {len(original.nodes)} nodes, {fields} fields equal"


paths = [
    path
    for folder in ["test/fixtures/nir", *sys.argv[1:]]
    for path in sorted(pathlib.Path(folder).glob("*.nir"))
]
with tempfile.TemporaryDirectory() as folder:
    lines = [f"{path.name}: {check(path, pathlib.Path(folder))}" for path in paths]
report = f"nir {nir.version}\n" + "\n".join(lines) + "\n"
pathlib.Path("test/fixtures/nir/python_check.txt").write_text(report)
print(report, end="")
