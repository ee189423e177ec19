import * as striate from "../src/index.ts";

/** Neurons of the benchmark networks, four fifths of them excitatory, and the probability of a connection. */
export const size = 4000;
const probability = 0.02;

/** The same number of synapses a neuron (80) in networks of any size. */
export interface BretteOptions {
  readonly size?: number;
  readonly seed?: number;
  readonly precision?: "f32" | "f64";
  readonly threads?: number;
}

/** A benchmark network and its one population. */
export interface BretteNetwork {
  readonly cells: striate.Population;
  readonly options: striate.PointNetworkOptions;
}

/** CUBA: leaky neurons with exponential currents (Brette et al. 2007, benchmark 2; Vogels & Abbott 2005). */
export function cuba({
  size: n = size,
  seed = 1,
  precision = "f64",
  threads,
}: BretteOptions = {}): BretteNetwork {
  const random = new striate.Random(seed);
  const cells: striate.Population = {
    name: "cells",
    size: n,
    model: striate.exponentialCurrents({
      tau: 20,
      tauExcitatory: 5,
      tauInhibitory: 10,
      rest: -49,
      threshold: -50,
      reset: -60,
      refractory: 5,
    }),
    initial: { v: random.split("v").fillUniform(new Float32Array(n), -60, -50) },
  };
  return { cells, options: { ...wire(cells, 1.62, -9, seed), precision, threads } };
}

/** COBAHH: Hodgkin & Huxley neurons with exponential conductances (Brette et al. 2007, benchmark 3). */
export function cobahh({
  size: n = size,
  seed = 1,
  precision = "f64",
  threads,
}: BretteOptions = {}): BretteNetwork {
  const random = new striate.Random(seed);
  const normal = (name: string, mean: number, deviation: number) =>
    random.split(name).fillNormal(new Float32Array(n), mean, deviation);
  const cells: striate.Population = {
    name: "cells",
    size: n,
    model: striate.traubMiles({
      capacitance: 200,
      leak: 10,
      sodium: 20000,
      potassium: 6000,
      rest: -60,
      reversalSodium: 50,
      reversalPotassium: -90,
      reversalExcitatory: 0,
      reversalInhibitory: -80,
      tauExcitatory: 5,
      tauInhibitory: 10,
      rateOrigin: -63,
      threshold: -20,
      refractory: 3,
    }),
    initial: { v: normal("v", -65, 5), ge: normal("ge", 40, 15), gi: normal("gi", 200, 120) },
  };
  return { cells, options: { ...wire(cells, 6, 67, seed), precision, threads } };
}

function wire(cells: striate.Population, excitatory: number, inhibitory: number, seed: number) {
  const border = Math.round(0.8 * cells.size);
  const connections = { probability: (probability * size) / cells.size };
  const projections: striate.Projection[] = [
    {
      name: "excitation",
      from: striate.neuronRange(cells, 0, border),
      to: cells,
      target: "excitatory",
      connections,
      weight: excitatory,
    },
    {
      name: "inhibition",
      from: striate.neuronRange(cells, border, cells.size),
      to: cells,
      target: "inhibitory",
      connections,
      weight: inhibitory,
    },
  ];
  return { populations: [cells], projections, step: 0.1, seed };
}
