import type { Membrane, Numbers } from "./graph/index.ts";

/** How the linear part of a membrane is carried over one time step. */
export type Integration =
  /** As the differential equation says for an input that stays the same during the step. */
  | "exponential"
  /** Forward Euler; of a current-based neuron the current first, as snnTorch does. */
  | "euler";

/** What a membrane's step multiplies and adds, as single-precision numbers. */
export type MembraneConstants =
  /** v + gain·I */
  | { readonly kind: "integrator"; readonly gain: Numbers }
  /** decay·v + gain·I + rest */
  | { readonly kind: "leaky"; readonly decay: Numbers; readonly gain: Numbers; readonly rest: Numbers }
  /** i ← synaptic·i + gain·I;  decay·v + late·i + early·i(before) + rest */
  | {
      readonly kind: "currentBased";
      readonly synaptic: Numbers;
      readonly gain: Numbers;
      readonly decay: Numbers;
      readonly late: Numbers;
      readonly early: Numbers;
      readonly rest: Numbers;
    };

/** The constants of a membrane for a time step of `dt` seconds. */
export function membraneConstants(
  membrane: Membrane,
  dt: number,
  integration: Integration,
): MembraneConstants {
  if (membrane.kind === "integrator") return { kind: "integrator", gain: map((r) => r * dt, membrane.r) };
  if (membrane.kind === "leaky") {
    const decay = map((tau) => decayOf(dt, tau, integration), membrane.tau);
    const gain = map((a, r) => (1 - a) * r, decay, membrane.r);
    const rest = map((a, v) => (1 - a) * v, decay, membrane.vLeak);
    return { kind: "leaky", decay, gain, rest };
  }
  const { tauSyn, tauMem, r, vLeak, wIn } = membrane;
  const synaptic = map((tau) => decayOf(dt, tau, integration), tauSyn);
  const decay = map((tau) => decayOf(dt, tau, integration), tauMem);
  const gain = map((a, w) => (1 - a) * w, synaptic, wIn);
  const rest = map((a, v) => (1 - a) * v, decay, vLeak);
  const late = map((s, m, scale) => scale * lateWeight(dt, s, m, integration), tauSyn, tauMem, r);
  const early = map((s, m, scale) => scale * earlyWeight(dt, s, m, integration), tauSyn, tauMem, r);
  return { kind: "currentBased", synaptic, gain, decay, late, early, rest };
}

/** What is left of a quantity with this time constant after one step. */
const decayOf = (dt: number, tau: number, integration: Integration): number =>
  integration === "euler" ? 1 - dt / tau : Math.exp(-dt / tau);

/**
 * Over one step, i goes from i₀ to i₁ as S + (i₀ − S)·e^(−t/τ_syn). The exact potential is linear in i₀ and S, and S in
 * i₀ and i₁, so that v₁ = a·v₀ + (1 − a)·v_leak + R·(late·i₁ + early·i₀).
 */
function lateWeight(dt: number, tauSyn: number, tauMem: number, integration: Integration): number {
  if (integration === "euler") return dt / tauMem;
  return (1 - Math.exp(-dt / tauMem) - mixed(dt, tauSyn, tauMem)) / (1 - Math.exp(-dt / tauSyn));
}

function earlyWeight(dt: number, tauSyn: number, tauMem: number, integration: Integration): number {
  if (integration === "euler") return 0;
  const decay = Math.exp(-dt / tauSyn);
  const steady = 1 - Math.exp(-dt / tauMem) - mixed(dt, tauSyn, tauMem);
  return mixed(dt, tauSyn, tauMem) - (steady * decay) / (1 - decay);
}

/** ∫₀^dt e^(−(dt − t)/τ_mem)·e^(−t/τ_syn) dt / τ_mem. */
function mixed(dt: number, tauSyn: number, tauMem: number): number {
  const rate = 1 / tauMem - 1 / tauSyn;
  const decay = Math.exp(-dt / tauMem);
  return Math.abs(rate * dt) < 1e-9
    ? (decay * dt) / tauMem
    : (decay * Math.expm1(rate * dt)) / (rate * tauMem);
}

/** Combines numbers element by element in double precision; each has shape () or the one shape of the others. */
function map(combine: (...values: number[]) => number, ...numbers: readonly Numbers[]): Numbers {
  const shape = numbers.find((each) => each.shape.length > 0)?.shape ?? [];
  const size = Math.max(...numbers.map(({ data }) => data.length));
  const data = Float32Array.from({ length: size }, (_, i) =>
    combine(...numbers.map((each) => each.data[each.data.length === 1 ? 0 : i]!)),
  );
  return { shape, data };
}
