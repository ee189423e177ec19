"""The peer's side of a benchmark: a process that waits, and does one round of steps when told to.

Started as `python <benchmark>.py <folder> <threads>`; the folder holds config.json and safetensors files. One JSON object
a line: on stdin {"case", "variant", "do": "check"} or {"case", "variant", "do": "round", "steps"}, on stdout the
answer. The first line says which variants there are. It ends when stdin does.
"""

import importlib
import json
import os
import signal
import sys
import time
from importlib.metadata import PackageNotFoundError, version

import numpy as np
import torch

# Ctrl-C is for the other side, which then closes stdin
signal.signal(signal.SIGINT, signal.SIG_IGN)
folder, threads = sys.argv[1], int(sys.argv[2])
torch.set_num_threads(threads)

DTYPES = {"F32": np.float32, "I32": np.int32, "U8": np.uint8}


def config():
    with open(os.path.join(folder, "config.json"), encoding="utf-8") as file:
        return json.load(file)


def tensors(name):
    """The arrays of a safetensors file: the header's length in 8 bytes, a JSON header, the data."""
    with open(os.path.join(folder, name), "rb") as file:
        data = file.read()
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:start])
    header.pop("__metadata__", None)
    arrays = {}
    for key, entry in header.items():
        begin, end = entry["data_offsets"]
        values = np.frombuffer(data[start + begin : start + end], DTYPES[entry["dtype"]])
        arrays[key] = torch.from_numpy(values.reshape(entry["shape"]).copy())
    return arrays


def versions(*packages):
    found = {"python": sys.version.split()[0]}
    for package in ("torch", *packages):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "unknown"
    return found


missing = []


def optional(name):
    """A module that not every Python with PyTorch has; None, which the other side is told, where it is not there."""
    try:
        return importlib.import_module(name)
    except ImportError:
        package = name.split(".", 1)[0]
        if package not in missing:
            missing.append(package)
        return None


class Contender:
    """One way of doing a case: `check` gives numbers to compare, from the initial weights; `step` is what is timed. A step
    that returns seconds is taken to have lasted so long, for work in a program that has to be started first."""

    def check(self):
        raise NotImplementedError

    def step(self):
        raise NotImplementedError

    def cpu_seconds(self):
        """Processor time up to now of whatever does the steps."""
        return time.process_time()


def serve(cases, packages=()):
    """Answers requests. `cases` maps a case's name to its variants by name: functions that make a Contender."""
    # libraries may print to stdout: answers go to a copy of it, everything else to stderr
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def answer(value):
        answers.write(json.dumps(value) + "\n")
        answers.flush()

    names = {name: list(variants) for name, variants in cases.items()}
    answer({"versions": versions(*packages), "cases": names, "missing": missing})
    made = {}
    for line in sys.stdin:
        request = json.loads(line)
        key = (request["case"], request["variant"])
        try:
            if key not in made:
                # one case after the other: what the last one held is not needed any more
                made = {other: contender for other, contender in made.items() if other[0] == key[0]}
                made[key] = cases[key[0]][key[1]]()
            if request["do"] == "check":
                answer({"values": [float(value) for value in made[key].check()]})
                continue
            contender = made[key]
            cpu, start = contender.cpu_seconds(), time.perf_counter()
            said = [contender.step() for _ in range(request["steps"])]
            taken = time.perf_counter() - start
            seconds = sum(said) if all(isinstance(each, float) for each in said) else taken
            answer({"seconds": seconds, "cpuSeconds": contender.cpu_seconds() - cpu})
        except Exception as error:  # told to the other side, which ends the benchmark
            answer({"error": f"{type(error).__name__}: {error}"})
