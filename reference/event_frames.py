"""Writes test/fixtures/event_frames.json with SpikingJelly 2.0's integrate_events_by_fixed_frames_number.

Run from the repository's root: python reference/event_frames.py
"""

import json
import pathlib

import numpy as np
from spikingjelly.datasets.utils import integrate_events_by_fixed_frames_number

width, height = 5, 4
random = np.random.default_rng(3)
count = 103
events = {
    "x": random.integers(0, width, count),
    "y": random.integers(0, height, count),
    "t": 500 + np.cumsum(random.integers(0, 40, count)),
    "p": random.integers(0, 2, count),
}
frames = []
for by in ("number", "time"):
    for number in (1, 4, 7):
        counts = integrate_events_by_fixed_frames_number(events, by, number, height, width)
        frames.append({"by": by, "frames": number, "counts": counts.astype(int).reshape(-1).tolist()})
rows = np.stack([events[name] for name in "xytp"], axis=1).tolist()
content = {"sensor": {"width": width, "height": height}, "events": rows, "frames": frames}
pathlib.Path("test/fixtures/event_frames.json").write_text(json.dumps(content) + "\n")
