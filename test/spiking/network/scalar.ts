/** The neuron kernels neuron by neuron, in plain arithmetic. */
export interface ScalarNeuron {
  v: number;
  e: number;
  i: number;
  free: number;
}

/** Exponential currents, exactly, by the solution of the equations: state from rest. */
export function stepCurrents(
  s: ScalarNeuron,
  p: { tau: number; tauE: number; tauI: number; threshold: number },
  step: number,
  n: number,
): boolean {
  const push = (tau: number) =>
    tau === p.tau
      ? (step / tau) * Math.exp(-step / tau)
      : (tau / (p.tau - tau)) * (Math.exp(-step / p.tau) - Math.exp(-step / tau));
  if (n >= s.free) s.v = s.v * Math.exp(-step / p.tau) + s.e * push(p.tauE) + s.i * push(p.tauI);
  s.e *= Math.exp(-step / p.tauE);
  s.i *= Math.exp(-step / p.tauI);
  return n >= s.free && s.v > p.threshold;
}

export interface Membrane {
  capacitance: number;
  leak: number;
  rest: number;
  excitatory: number;
  inhibitory: number;
  tauE: number;
  tauI: number;
  threshold: number;
}

/** Exponential conductances by exponential Euler. */
export function stepConductances(s: ScalarNeuron, p: Membrane, step: number, n: number): boolean {
  const g = p.leak + s.e + s.i;
  const goal = (p.leak * p.rest + s.e * p.excitatory + s.i * p.inhibitory) / g;
  if (n >= s.free) s.v = goal + (s.v - goal) * Math.exp((-g * step) / p.capacitance);
  s.e *= Math.exp(-step / p.tauE);
  s.i *= Math.exp(-step / p.tauI);
  return n >= s.free && s.v > p.threshold;
}

export interface ScalarHodgkinHuxley extends ScalarNeuron {
  m: number;
  n: number;
  h: number;
}

export interface Channels extends Membrane {
  sodium: number;
  potassium: number;
  reversalSodium: number;
  reversalPotassium: number;
  origin: number;
}

/** Traub & Miles by exponential Euler, its rates as they are printed in the literature. */
export function stepTraubMiles(s: ScalarHodgkinHuxley, p: Channels, step: number, now: number): boolean {
  const x = s.v - p.origin;
  const ratio = (y: number) => (y === 0 ? 1 : y / Math.expm1(y));
  const rates = {
    m: [1.28 * ratio((13 - x) / 4), 1.4 * ratio((x - 40) / 5)],
    n: [0.16 * ratio((15 - x) / 5), 0.5 * Math.exp((10 - x) / 40)],
    h: [0.128 * Math.exp((17 - x) / 18), 4 / (1 + Math.exp((40 - x) / 5))],
  };
  const sodium = p.sodium * s.m ** 3 * s.h;
  const potassium = p.potassium * s.n ** 4;
  const g = p.leak + s.e + s.i + sodium + potassium;
  const current =
    p.leak * p.rest +
    s.e * p.excitatory +
    s.i * p.inhibitory +
    sodium * p.reversalSodium +
    potassium * p.reversalPotassium;
  s.v = current / g + (s.v - current / g) * Math.exp((-g * step) / p.capacitance);
  for (const gate of ["m", "n", "h"] as const) {
    const [alpha, beta] = rates[gate];
    const goal = alpha / (alpha + beta);
    s[gate] = goal + (s[gate] - goal) * Math.exp(-(alpha + beta) * step);
  }
  s.e *= Math.exp(-step / p.tauE);
  s.i *= Math.exp(-step / p.tauI);
  return now >= s.free && s.v > p.threshold;
}
