"""CUBA and COBAHH in Brian2, on connections and initial values that Striate wrote.

`node reference/point_networks.js <folder>` writes them, `python reference/point_networks.py <folder>` runs Brian2
(2.9.0, numpy 2.2) and writes test/fixtures/point_networks.json: spikes in every 100 ms of a second, the first and the last
spikes, and a hash of all of them.
"""

import hashlib
import json
import os
import sys

import brian2 as b
import numpy as np
from brian2 import ms, mV, nS, second, siemens, ufarad, cm, msiemens, umetre

b.prefs.codegen.target = "cython"
folder = sys.argv[1]
ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")


def load(name, dtype):
    return np.fromfile(os.path.join(folder, name), dtype)


def group(name):
    if name == "cuba":
        space = {"taum": 20 * ms, "taue": 5 * ms, "taui": 10 * ms, "Vt": -50 * mV, "Vr": -60 * mV, "El": -49 * mV}
        equations = """
        dv/dt = (ge + gi - (v - El)) / taum : volt (unless refractory)
        dge/dt = -ge / taue : volt
        dgi/dt = -gi / taui : volt
        """
        cells = b.NeuronGroup(
            4000, equations, threshold="v > Vt", reset="v = Vr", refractory=5 * ms, method="exact", namespace=space
        )
        cells.v = load("cuba.v", np.float64) * mV
        return cells, 1.62 * mV, -9 * mV
    area = 20000 * umetre**2
    space = {
        "Cm": 1 * ufarad * cm**-2 * area,
        "gl": 5e-5 * siemens * cm**-2 * area,
        "El": -60 * mV,
        "EK": -90 * mV,
        "ENa": 50 * mV,
        "g_na": 100 * msiemens * cm**-2 * area,
        "g_kd": 30 * msiemens * cm**-2 * area,
        "VT": -63 * mV,
        "taue": 5 * ms,
        "taui": 10 * ms,
        "Ee": 0 * mV,
        "Ei": -80 * mV,
    }
    equations = """
    dv/dt = (gl*(El-v)+ge*(Ee-v)+gi*(Ei-v)-g_na*(m*m*m)*h*(v-ENa)-g_kd*(n*n*n*n)*(v-EK))/Cm : volt
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
    cells = b.NeuronGroup(
        4000, equations, threshold="v > -20*mV", refractory=3 * ms, method="exponential_euler", namespace=space
    )
    cells.v = load("cobahh.v", np.float64) * mV
    cells.ge = load("cobahh.ge", np.float64) * nS
    cells.gi = load("cobahh.gi", np.float64) * nS
    return cells, 6 * nS, 67 * nS


def run(name):
    b.start_scope()
    b.defaultclock.dt = 0.1 * ms
    cells, we, wi = group(name)
    synapses = []
    for kind, variable, weight in (("excitation", "ge", we), ("inhibition", "gi", wi)):
        part = b.Synapses(cells, cells, on_pre=f"{variable} += w", namespace={"w": weight})
        part.connect(
            i=load(f"{name}.{kind}.sources", np.uint32).astype(int),
            j=load(f"{name}.{kind}.targets", np.uint32).astype(int),
        )
        synapses.append(part)
    spikes = b.SpikeMonitor(cells)
    b.Network(cells, synapses, spikes).run(1 * second)
    steps = np.rint(np.asarray(spikes.t / ms) * 10).astype(int)
    neurons = np.asarray(spikes.i)
    order = np.lexsort((neurons, steps))
    steps, neurons = steps[order], neurons[order]
    np.stack([steps, neurons]).astype("<u4").tofile(os.path.join(folder, f"{name}.spikes"))
    pairs = np.stack([steps, neurons], axis=1)
    return {
        "count": len(steps),
        "histogram": np.bincount(steps // 1000, minlength=10).tolist(),
        "first": pairs[:50].tolist(),
        "last": pairs[-20:].tolist(),
        "sha256": hashlib.sha256(pairs.astype("<u4").tobytes()).hexdigest(),
    }


result = {name: run(name) for name in ("cuba", "cobahh")}
with open(os.path.join(ROOT, "test", "fixtures", "point_networks.json"), "w", encoding="utf-8") as file:
    json.dump(result, file, indent=1)
    file.write("\n")
for name, value in result.items():
    print(name, value["count"], value["histogram"])
