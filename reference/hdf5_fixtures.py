"""Writes test/fixtures/hdf5/: what h5py can put into a file, and files that claim more than they hold.

Run from the repository's root: python reference/hdf5_fixtures.py (written with h5py 3.16, numpy 2.4).
test/formats/hdf5.test.ts says what each object holds.
"""

import pathlib

import h5py
import numpy as np

folder = pathlib.Path("test/fixtures/hdf5")
folder.mkdir(parents=True, exist_ok=True)


def kinds(file):
    numbers = file.create_group("numbers")
    for code in ["f4", "f8", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8"]:
        low = -3 if code[0] in "fi" else 3
        numbers[code] = np.array([[low, 1, 2], [4, 5, 100]], dtype=f"<{code}")
    for code in ["f4", "f8", "i2", "u4", "i8"]:
        numbers[f"{code}_big_endian"] = np.array([1, 2, 100], dtype=f">{code}")
    numbers["bool"] = np.array([True, False, True])
    numbers["scalar"] = 2.5
    numbers["empty"] = np.zeros((0, 3), dtype="f4")
    numbers["nothing"] = h5py.Empty("f8")
    numbers["special"] = np.array([np.inf, -np.inf, np.nan, -0.0], dtype="f4")
    numbers["enum"] = np.array([2, 0], dtype="i2").view(h5py.enum_dtype({"RED": 0, "GREEN": 2}, basetype="i2"))
    numbers.create_dataset("fill", shape=(4,), dtype="i4", chunks=(2,), fillvalue=7)
    wide = np.arange(6000, dtype="f4").reshape(60, 100)
    numbers.create_dataset(
        "packed", data=wide, chunks=(7, 13), compression="gzip", shuffle=True, fletcher32=True
    )
    text = file.create_group("text")
    text["scalar"] = "V1 größer 雲"
    text["list"] = np.array([["a", "bc"], ["", "🐭"]], dtype=object)
    text["fixed"] = np.array([b"ab", b"cde", b""], dtype="S4")
    text["ascii"] = np.array(["x"], dtype=h5py.string_dtype("ascii"))
    other = file.create_group("other")
    other["compound"] = np.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")])
    other["float16"] = np.array([1.5], dtype="f2")
    other["lists"] = np.array([np.array([1, 2], dtype="i4"), np.array([3], dtype="i4")], dtype=h5py.vlen_dtype("i4"))
    other["reference"] = file["numbers"].ref
    other["type"] = np.dtype("f4")
    other["soft"] = h5py.SoftLink("/numbers/f4")
    other["broken"] = h5py.SoftLink("/nowhere")
    other["elsewhere"] = h5py.ExternalLink("/etc/passwd", "/x")
    layout = h5py.VirtualLayout(shape=(2,), dtype="i4")
    layout[:] = h5py.VirtualSource("other.h5", "x", shape=(2,))
    other.create_virtual_dataset("virtual", layout)
    file.create_group("größe/__proto__")["0"] = np.int8(9)
    file.attrs["title"] = "all kinds"
    file["numbers"].attrs["rate"] = np.float32(0.5)
    file["numbers/f4"].attrs["axes"] = np.array([3, 4], dtype="i8")
    file["numbers/f4"].attrs["about"] = file["numbers"].ref


def external(file):
    file.create_dataset("secret", shape=(4,), dtype="u1", external=[("/etc/passwd", 0, 4)])


def circle(file):
    a = file.create_group("a")
    a["itself"] = a


def circles(file):
    groups = [file.create_group(f"g{index}") for index in range(4)]
    for group in groups:
        for index, other in enumerate(groups):
            group[f"to{index}"] = other


def huge(file):
    file.create_dataset("fine", data=np.arange(3.0))
    file.create_dataset("claim", shape=(10**6, 10**6), dtype="f8", chunks=(1000, 1000))


def huge_text(file):
    file.create_dataset("claim", shape=(10**9,), dtype=h5py.string_dtype(), chunks=(1000,))


def packed(file):
    """100 MB of zeros in 100 kB: as much as deflate can do."""
    data = np.zeros((2**16, 400), dtype="f4")
    file.create_dataset("zeros", data=data, chunks=(2**13, 400), compression="gzip", compression_opts=9)


def chunk(file):
    """One small array in a chunk of two gigabytes."""
    file.create_dataset("x", shape=(5,), dtype="f8", chunks=(2**28,), maxshape=(None,), compression="gzip")


def user_block(file):
    file["x"] = np.arange(3, dtype="i4")


for write in [kinds, external, circle, circles, huge, huge_text, packed, chunk]:
    with h5py.File(folder / f"{write.__name__}.h5", "w") as file:
        write(file)
with h5py.File(folder / "kinds_latest.h5", "w", libver="latest") as file:
    kinds(file)
with h5py.File(folder / "user_block.h5", "w", userblock_size=512) as file:
    user_block(file)
for path in sorted(folder.iterdir()):
    print(f"{path.name}: {path.stat().st_size / 1e3:.0f} kB")
