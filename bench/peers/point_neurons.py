"""CUBA and COBAHH in Brian2 (C++ standalone) and NEST, on the connections and initial values of the other side.

Each variant lives in a process of its own, since both packages keep one network in global state. What is timed is a
biological second: for Brian2 what its binary says that the run took, without starting, reading and compiling; for NEST
Simulate.
"""

import atexit
import functools
import importlib.util
import multiprocessing
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time

import numpy as np
import peer
from peer import Contender

config = peer.config()
SIZE, BORDER = config["size"], config["border"]


def arrays(name):
    return {key: value.numpy() for key, value in peer.tensors(f"{name}.safetensors").items()}


def counts(neurons):
    """All spikes, and those of excitatory neurons."""
    return [len(neurons), int(np.sum(np.asarray(neurons) < BORDER))]


def brian_group(b, name, data):
    ms, mV, nS = b.ms, b.mV, b.nS
    if name == "cuba":
        space = {"taum": 20 * ms, "taue": 5 * ms, "taui": 10 * ms, "Vt": -50 * mV, "Vr": -60 * mV, "El": -49 * mV}
        equations = """
        dv/dt = (ge + gi - (v - El)) / taum : volt (unless refractory)
        dge/dt = -ge / taue : volt
        dgi/dt = -gi / taui : volt
        """
        cells = b.NeuronGroup(
            SIZE, equations, threshold="v > Vt", reset="v = Vr", refractory=5 * ms, method="exact", namespace=space
        )
        cells.v = data["v"].astype(float) * mV
        return cells, 1.62 * mV, -9 * mV
    equations = """
    dv/dt = (gl*(El-v)+ge*(Ee-v)+gi*(Ei-v)-gna*(m*m*m)*h*(v-ENa)-gk*(n*n*n*n)*(v-EK))/C : volt
    dm/dt = alpha_m*(1-m)-beta_m*m : 1
    dn/dt = alpha_n*(1-n)-beta_n*n : 1
    dh/dt = alpha_h*(1-h)-beta_h*h : 1
    dge/dt = -ge/taue : siemens
    dgi/dt = -gi/taui : siemens
    alpha_m = 0.32*(mV**-1)*4*mV/exprel((13*mV-v+VT)/(4*mV))/ms : Hz
    beta_m = 0.28*(mV**-1)*5*mV/exprel((v-VT-40*mV)/(5*mV))/ms : Hz
    alpha_h = 0.128*exp((17*mV-v+VT)/(18*mV))/ms : Hz
    beta_h = 4./(1+exp((40*mV-v+VT)/(5*mV)))/ms : Hz
    alpha_n = 0.032*(mV**-1)*5*mV/exprel((15*mV-v+VT)/(5*mV))/ms : Hz
    beta_n = .5*exp((10*mV-v+VT)/(40*mV))/ms : Hz
    """
    space = {"C": 200 * b.pF, "gl": 10 * nS, "gna": 20000 * nS, "gk": 6000 * nS, "El": -60 * mV, "ENa": 50 * mV}
    space |= {"EK": -90 * mV, "VT": -63 * mV, "Ee": 0 * mV, "Ei": -80 * mV, "taue": 5 * ms, "taui": 10 * ms}
    cells = b.NeuronGroup(
        SIZE, equations, threshold="v > -20*mV", refractory=3 * ms, method="exponential_euler", namespace=space
    )
    cells.v = data["v"].astype(float) * mV
    cells.ge = data["ge"].astype(float) * nS
    cells.gi = data["gi"].astype(float) * nS
    return cells, 6 * nS, 67 * nS


def build_brian(name, directory, threads):
    """In a process of its own: writes and compiles the C++ program."""
    import brian2 as b

    b.set_device("cpp_standalone", build_on_run=False, directory=directory)
    b.prefs.devices.cpp_standalone.openmp_threads = threads
    b.defaultclock.dt = 0.1 * b.ms
    data = arrays(name)
    cells, we, wi = brian_group(b, name, data)
    parts = []
    for kind, variable, weight in (("excitation", "ge", we), ("inhibition", "gi", wi)):
        part = b.Synapses(cells, cells, on_pre=f"{variable} += w", namespace={"w": weight})
        part.connect(i=data[f"{kind}.sources"].astype(int), j=data[f"{kind}.targets"].astype(int))
        parts.append(part)
    spikes = b.SpikeMonitor(cells)
    b.Network(cells, parts, spikes).run(1 * b.second)
    b.device.build(directory=directory, compile=True, run=False)


class Brian(Contender):
    def __init__(self, name, threads):
        self.directory = tempfile.mkdtemp(prefix="striate-brian2-")
        atexit.register(shutil.rmtree, self.directory, ignore_errors=True)
        start = time.perf_counter()
        process = multiprocessing.get_context("spawn").Process(target=build_brian, args=(name, self.directory, threads))
        process.start()
        process.join()
        if process.exitcode != 0:
            raise RuntimeError(f"Brian2 did not build {name}")
        print(f"    Brian2 compiled {name} in {time.perf_counter() - start:.1f} s", file=sys.stderr)

    def step(self):
        subprocess.run(["./main"], cwd=self.directory, check=True, stdout=subprocess.DEVNULL)
        with open(os.path.join(self.directory, "results", "last_run_info.txt"), encoding="utf-8") as file:
            return float(file.read().split()[0])

    def cpu_seconds(self):
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        return usage.ru_utime + usage.ru_stime

    def check(self):
        self.step()
        results = os.path.join(self.directory, "results")
        found = [name for name in os.listdir(results) if "spikemonitor_i_" in name]
        return counts(np.fromfile(os.path.join(results, found[0]), np.int32))


def serve_nest(name, threads, pipe):
    """In a process of its own: "run" simulates a second and answers how long it took and who spiked, "cpu" answers with
    the processor time of the process."""
    import nest

    nest.verbosity = nest.VerbosityLevel.ERROR
    nest.set(resolution=0.1, local_num_threads=threads)
    data = arrays(name)
    if name == "cuba":
        parameters = {"C_m": 250.0, "tau_m": 20.0, "E_L": -49.0, "V_th": -50.0, "V_reset": -60.0, "t_ref": 5.0}
        cells = nest.Create("iaf_psc_exp", SIZE, {**parameters, "tau_syn_ex": 5.0, "tau_syn_in": 10.0})
        weights = (1.62 * 12.5, -9 * 12.5)
    else:
        parameters = {"C_m": 200.0, "g_L": 10.0, "g_Na": 20000.0, "g_K": 6000.0, "E_L": -60.0, "E_Na": 50.0}
        parameters |= {"E_K": -90.0, "V_T": -63.0, "E_ex": 0.0, "E_in": -80.0, "t_ref": 3.0}
        cells = nest.Create("hh_cond_exp_traub", SIZE, {**parameters, "tau_syn_ex": 5.0, "tau_syn_in": 10.0})
        # The model lets no one set its conductances: the first ones come as a spike.
        first_spike = nest.Create("spike_generator", params={"spike_times": [0.1]})
        for start in (data["ge"], -data["gi"]):
            synapse = {"weight": start.astype(float)[:, None], "delay": 0.1}
            nest.Connect(first_spike, cells, "all_to_all", synapse)
        weights = (6.0, -67.0)
    cells.V_m = data["v"].astype(float)
    first = cells[0].global_id
    for kind, weight in zip(("excitation", "inhibition"), weights):
        sources = data[f"{kind}.sources"].astype(np.int64) + first
        synapse = {"weight": np.full(len(sources), weight), "delay": np.full(len(sources), 0.1)}
        targets = data[f"{kind}.targets"].astype(np.int64) + first
        nest.Connect(sources, targets, "one_to_one", synapse)
    recorder = nest.Create("spike_recorder")
    nest.Connect(cells, recorder)
    pipe.send("ready")
    while True:
        try:
            order = pipe.recv()
        except EOFError:  # the benchmark is over
            return
        if order == "cpu":
            pipe.send(time.process_time())
            continue
        recorder.n_events = 0
        start = time.perf_counter()
        nest.Simulate(1000.0)
        seconds = time.perf_counter() - start
        pipe.send((seconds, counts(np.asarray(recorder.events["senders"]) - first)))


class Nest(Contender):
    def __init__(self, name, threads):
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        context.Process(target=serve_nest, args=(name, threads, theirs), daemon=True).start()
        theirs.close()
        self.pipe.recv()

    def ask(self, order):
        self.pipe.send(order)
        return self.pipe.recv()

    def cpu_seconds(self):
        return self.ask("cpu")

    def check(self):
        return self.ask("run")[1]

    def step(self):
        return self.ask("run")[0]


@functools.cache
def brian(name, threads):
    return Brian(name, threads)


@functools.cache
def nest(name, threads):
    return Nest(name, threads)


def variants(name):
    found = {}
    for threads in sorted({1, peer.threads}):
        words = "1 thread" if threads == 1 else f"{threads} threads"
        if importlib.util.find_spec("brian2"):
            openmp = 0 if threads == 1 else threads
            found[f"Brian2 C++, {words}"] = functools.partial(brian, name, openmp)
        if importlib.util.find_spec("nest"):
            found[f"NEST, {words}"] = functools.partial(nest, name, threads)
    return found


if __name__ == "__main__":
    cases = {case: variants(name) for case, name in config["cases"].items()}
    peer.serve(cases, ["brian2", "nest-simulator"])
