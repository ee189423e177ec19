"""Decodes recordings of event cameras with expelliarmus (C), whole files at once and in chunks."""

import numpy as np
import peer
from expelliarmus import Wizard
from peer import Contender

paths = peer.config()["paths"]


def sums(events, has_times):
    # of EVT3, expelliarmus counts a step back of the low time as another 4096 us, so its times are not compared
    times = int(events["t"].sum()) if has_times else 0
    return [len(events), *(int(events[name].sum(dtype=np.int64)) for name in "xyp"), times]


class Whole(Contender):
    def __init__(self, name):
        self.name = name
        self.wizard = Wizard(encoding=name.lower())

    def check(self):
        return sums(self.wizard.read(paths[self.name]), self.name != "EVT3")

    def step(self):
        self.wizard.read(paths[self.name])


class Chunks(Contender):
    """In pieces of 65536 events, in constant memory as ours."""

    def __init__(self, name):
        self.has_times = name != "EVT3"
        self.wizard = Wizard(encoding=name.lower())
        self.wizard.set_file(paths[name])
        self.wizard.set_chunk_size(65536)

    def check(self):
        self.wizard.reset()
        return np.sum([sums(chunk, self.has_times) for chunk in self.wizard.read_chunk()], axis=0).tolist()

    def step(self):
        self.wizard.reset()
        for _ in self.wizard.read_chunk():
            pass


peer.serve(
    {
        name: {
            "expelliarmus, whole": lambda name=name: Whole(name),
            "expelliarmus, in chunks": lambda name=name: Chunks(name),
        }
        for name in paths
    },
    ["expelliarmus"],
)
