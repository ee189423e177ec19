"""Writes test/fixtures/images/: two small pictures saved by Pillow, and in expected.json what Pillow and torch make of them.

Run from the repository's root: python reference/image_fixtures.py (needs numpy, pillow and torch; written with Pillow
12 and torch 2.15).

"pixels" are (height, width, 3) as Pillow decodes them, "luminance" is convert("L"). The resized planes are of the
luminance in float32: "antialiased" by Pillow's BILINEAR on mode "F", "plain" by torch's interpolate(mode="bilinear",
align_corners=False, antialias=False).
"""

import json
import pathlib

import numpy as np
import torch
from PIL import Image

folder = pathlib.Path("test/fixtures/images")
folder.mkdir(parents=True, exist_ok=True)
generator = np.random.default_rng(11)
sizes = [(5, 4), (3, 7), (18, 13), (9, 12)]
expected = {}
smooth = np.kron(generator.integers(0, 256, (3, 4, 3)), np.ones((3, 3, 1))).astype(np.uint8)
for name, pixels in {"noise.png": generator.integers(0, 256, (9, 12, 3), dtype=np.uint8), "blocks.jpg": smooth}.items():
    Image.fromarray(pixels).save(folder / name, quality=95)
    picture = Image.open(folder / name)
    luminance = np.array(picture.convert("L"))
    plane = luminance.astype(np.float32)
    resized = []
    for height, width in sizes:
        antialiased = np.array(Image.fromarray(plane, mode="F").resize((width, height), Image.BILINEAR))
        plain = torch.nn.functional.interpolate(
            torch.from_numpy(plane)[None, None], (height, width), mode="bilinear", align_corners=False, antialias=False
        )[0, 0].numpy()
        resized.append(
            {
                "height": height,
                "width": width,
                "antialiased": antialiased.astype(float).round(4).ravel().tolist(),
                "plain": plain.astype(float).round(4).ravel().tolist(),
            }
        )
    expected[name] = {
        "pixels": np.array(picture.convert("RGB")).ravel().tolist(),
        "luminance": luminance.ravel().tolist(),
        "resized": resized,
    }
(folder / "expected.json").write_text(json.dumps(expected) + "\n")
