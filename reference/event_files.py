"""Writes test/fixtures/event_files.json: what numpy, lz4 and expelliarmus 1.1 read in the recordings of ../shared/data.

Only counts, sums, and a few events are kept. Run from the repository's root: python reference/event_files.py
"""

import json
import pathlib
import re
import struct

import lz4.frame
import numpy as np
from expelliarmus import Wizard

data = pathlib.Path("../shared/data/event-cameras")


def summary(t, x, y, p, **more):
    t, x, y, p = (np.asarray(values).astype(np.int64) for values in (t, x, y, p))
    at = np.linspace(0, len(t) - 1, 7).astype(int)
    return {
        "count": len(t),
        "sums": [int(values.sum()) for values in (x, y, t - t[0], p)],
        # depends on the order of the events
        "weighted": int(((np.arange(len(t)) % 1000) * (x + 2 * y + 4 * p + (t - t[0]) % 1000)).sum()),
        "events": [[int(i), int(x[i]), int(y[i]), int(t[i]), int(p[i])] for i in at],
        **more,
    }


def after_lines(path):
    content = path.read_bytes()
    while content[:1] == b"%":
        content = content[content.index(b"\n") + 1 :]
    return content


def atis(path):
    b = np.fromfile(path, np.uint8).reshape(-1, 5).astype(np.int64)
    return summary((b[:, 2] & 127) << 16 | b[:, 3] << 8 | b[:, 4], b[:, 0], b[:, 1], b[:, 2] >> 7)


def evt2(path):
    words = np.frombuffer(after_lines(path), "<u4")
    kind = words >> 28
    high = np.maximum.accumulate(np.where(kind == 8, words & 0xFFFFFFF, 0)).astype(np.int64)
    w, high = words[kind < 2], high[kind < 2]
    return summary(high << 6 | w >> 22 & 63, w >> 11 & 2047, w & 2047, w >> 28)


def evt3(path):
    x, y, t, p = [], [], [], []
    row = high = low = base = polarity = 0
    for word in np.frombuffer(after_lines(path), "<u2").tolist():
        kind, value = word >> 12, word & 0xFFF
        if kind == 0:
            row = value & 0x7FF
        elif kind == 6:
            low = value
        elif kind == 8:
            high = value
        elif kind in (2, 3):
            polarity, base = value >> 11, value & 0x7FF
        columns = {2: [0], 4: [i for i in range(12) if value >> i & 1], 5: [i for i in range(8) if value >> i & 1]}
        for column in columns.get(kind, []):
            x.append(base + column)
            y.append(row)
            t.append(high << 12 | low)
            p.append(polarity)
        base += {4: 12, 5: 8}.get(kind, 0)
    return summary(t, x, y, p)


def dat(path):
    events = Wizard(encoding="dat").read(path)
    saved = np.load(path.with_suffix(".npy"))
    assert all((events[name] == saved[name]).all() for name in "txyp")
    return summary(*(events[name] for name in "txyp"))


def aedat4(path):
    content = path.read_bytes()
    assert content[:14] == b"#!AER-DAT4.0\r\n"
    at = 18 + struct.unpack_from("<I", content, 14)[0]
    header = content[18:at]
    end = struct.unpack_from("<q", header, 36)[0]
    parts = []
    packets = 0
    while at < end:
        stream, size = struct.unpack_from("<ii", content, at)
        packet = lz4.frame.decompress(content[at + 8 : at + 8 + size])
        at += 8 + size
        packets += 1
        if stream != 0:
            continue
        table = 4 + struct.unpack_from("<I", packet, 4)[0]
        vector = table + 4 + struct.unpack_from("<I", packet, table + 4)[0]
        count = struct.unpack_from("<I", packet, vector)[0]
        parts.append(np.frombuffer(packet, "<i8,<i2,<i2,u1,V3", count, vector + 4))
    e = np.concatenate(parts)
    size = [int(re.search(rb'"size%s"[^>]*>(\d+)' % axis, header)[1]) for axis in (b"X", b"Y")]
    return summary(*(e[f"f{i}"] for i in (0, 1, 2, 3)), sensor=size, packets=packets)


readers = {
    "sample_nmnist.bin": atis,
    "expelliarmus_ncars_4407.dat": dat,
    "expelliarmus_evt2_sample.raw": evt2,
    "expelliarmus_evt3_sample.raw": evt3,
    "tonic_sample.aedat4": aedat4,
}
result = {name: reader(data / name) for name, reader in readers.items()}
lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(value)}" for name, value in result.items())
pathlib.Path("test/fixtures/event_files.json").write_text("{\n" + lines + "\n}\n")
