import { exp } from "./exp";
import { append, bits, flush, neuronAt, parameter } from "./lanes";

/**
 * One step of Hodgkin & Huxley neurons with the rates of Traub & Miles (1991) and exponential conductances, by
 * exponential Euler as in Brian2: every variable moves as if the others stood still. With x = v − V_T in mV, rates in 1/ms,
 *
 *   αₘ = 1.28 b((13 − x)/4)    βₘ = 1.4 b((x − 40)/5)        where b(y) = y / (eʸ − 1)
 *   αₕ = 0.128 e^((17 − x)/18)  βₕ = 4 / (1 + e^((40 − x)/5))
 *   αₙ = 0.16 b((15 − x)/5)    βₙ = 0.5 e^((10 − x)/40)
 *
 *   g = g_L + gₑ + gᵢ + g_Na m³ h + g_K n⁴,   v∞ = (I + gₑ Eₑ + gᵢ Eᵢ + g_Na m³ h E_Na + g_K n⁴ E_K) / g
 *   v ← v∞ + (v − v∞) exp(−g h / C),   gₑ ← aₑ gₑ,   gᵢ ← aᵢ gᵢ,   fires where v > θ and the neuron is not held.
 *
 * Five of the six exponentials of the rates are powers of one, z = e^(−x/40): 6 exponentials a step, not 10.
 *
 * @param state regions v, m, n, h, gₑ, gᵢ, `bytes` apart
 * @param from first byte of every region that moves, on a boundary of 64; `to` is the first that does not
 * @param parameters V_T, g_L, I = g_L E_L + the current from outside, Eₑ, Eᵢ, g_Na, E_Na, g_K, E_K, −h / C, aₑ, aᵢ, θ
 * @param step h in ms
 * @param held a region of masks: those neurons move, but do not fire
 * @returns how many fire
 */
export function stepTraubMiles<T>(
  state: usize,
  bytes: usize,
  from: usize,
  to: usize,
  parameters: usize,
  stride: usize,
  mask: usize,
  step: T,
  held: usize,
  spikes: usize,
): i32 {
  const one = v128.splat<T>(<T>1);
  const back = v128.splat<T>(-step);
  // beyond it, the tenth power of z would not be a number; no potential comes near
  const far = v128.splat<T>(sizeof<T>() === 8 ? <T>2500 : <T>320);
  let end = spikes;
  for (let at = from; at < to; at += 16) {
    const v = v128.load(state + at);
    const m = v128.load(state + bytes + at);
    const n = v128.load(state + 2 * bytes + at);
    const h = v128.load(state + 3 * bytes + at);
    const e = v128.load(state + 4 * bytes + at);
    const i = v128.load(state + 5 * bytes + at);

    const off = v128.sub<T>(v, parameter(parameters, 0, stride, mask, at));
    const x = v128.min<T>(v128.max<T>(off, v128.neg<T>(far)), far);
    const z = exp<T>(v128.mul<T>(x, v128.splat<T>(<T>(-1.0 / 40.0))));
    const z2 = v128.mul<T>(z, z);
    const z4 = v128.mul<T>(z2, z2);
    const z8 = v128.mul<T>(z4, z4);
    // the constants are e^3.25, e³, e⁸ and e^0.25
    const early = v128.mul<T>(v128.mul<T>(z8, z2), v128.splat<T>(<T>25.790339917193062));
    const late = v128.mul<T>(z8, v128.splat<T>(<T>20.085536923187668));
    const w = v128.mul<T>(z8, v128.splat<T>(<T>2980.9579870417283));

    const toM = v128.mul<T>(v128.sub<T>(v128.splat<T>(<T>13), x), v128.splat<T>(<T>0.25));
    const fromM = v128.mul<T>(v128.sub<T>(v128.splat<T>(<T>40), x), v128.splat<T>(<T>0.2));
    const toN = v128.mul<T>(v128.sub<T>(v128.splat<T>(<T>15), x), v128.splat<T>(<T>0.2));
    const alphaM = v128.mul<T>(v128.splat<T>(<T>1.28), bernoulli<T>(toM, early));
    // b(−y) = y + b(y)
    const betaM = v128.mul<T>(v128.splat<T>(<T>1.4), v128.add<T>(fromM, bernoulli<T>(fromM, w)));
    const alphaN = v128.mul<T>(v128.splat<T>(<T>0.16), bernoulli<T>(toN, late));
    const betaN = v128.mul<T>(z, v128.splat<T>(<T>0.6420127083438707));
    const slow = v128.mul<T>(v128.sub<T>(v128.splat<T>(<T>17), x), v128.splat<T>(<T>(1.0 / 18.0)));
    const alphaH = v128.mul<T>(v128.splat<T>(<T>0.128), exp<T>(slow));
    const betaH = v128.div<T>(v128.splat<T>(<T>4), v128.add<T>(one, w));

    const sodium = v128.mul<T>(
      parameter(parameters, 5, stride, mask, at),
      v128.mul<T>(v128.mul<T>(v128.mul<T>(m, m), m), h),
    );
    const n2 = v128.mul<T>(n, n);
    const potassium = v128.mul<T>(parameter(parameters, 7, stride, mask, at), v128.mul<T>(n2, n2));
    const passive = v128.add<T>(v128.add<T>(parameter(parameters, 1, stride, mask, at), e), i);
    const g = v128.add<T>(v128.add<T>(passive, sodium), potassium);
    let current = parameter(parameters, 2, stride, mask, at);
    current = v128.add<T>(current, v128.mul<T>(e, parameter(parameters, 3, stride, mask, at)));
    current = v128.add<T>(current, v128.mul<T>(i, parameter(parameters, 4, stride, mask, at)));
    current = v128.add<T>(current, v128.mul<T>(sodium, parameter(parameters, 6, stride, mask, at)));
    current = v128.add<T>(current, v128.mul<T>(potassium, parameter(parameters, 8, stride, mask, at)));
    const goal = v128.div<T>(current, g);
    const kept = exp<T>(v128.mul<T>(g, parameter(parameters, 9, stride, mask, at)));
    const moved = v128.add<T>(goal, v128.mul<T>(v128.sub<T>(v, goal), kept));

    v128.store(state + at, moved);
    v128.store(state + bytes + at, gate<T>(m, alphaM, betaM, back));
    v128.store(state + 2 * bytes + at, gate<T>(n, alphaN, betaN, back));
    v128.store(state + 3 * bytes + at, gate<T>(h, alphaH, betaH, back));
    const decayE = parameter(parameters, 10, stride, mask, at);
    const decayI = parameter(parameters, 11, stride, mask, at);
    v128.store(state + 4 * bytes + at, flush<T>(v128.mul<T>(decayE, e)));
    v128.store(state + 5 * bytes + at, flush<T>(v128.mul<T>(decayI, i)));
    const above = v128.gt<T>(moved, parameter(parameters, 12, stride, mask, at));
    const fire = v128.andnot(above, v128.load(held + at));
    if (v128.any_true(fire)) end = append(bits<T>(fire), neuronAt<T>(at), end);
  }
  return <i32>((end - spikes) >> 2);
}

/** A gate moves towards α / (α + β) with the rate α + β. */
function gate<T>(open: v128, alpha: v128, beta: v128, back: v128): v128 {
  const rate = v128.add<T>(alpha, beta);
  const goal = v128.div<T>(alpha, rate);
  return v128.add<T>(goal, v128.mul<T>(v128.sub<T>(open, goal), exp<T>(v128.mul<T>(rate, back))));
}

/**
 * y / (eʸ − 1), given y and eʸ. Near 0, where the difference loses its digits, by the series 1 − y/2 + y²/12 − y⁴/720 + …
 */
function bernoulli<T>(y: v128, power: v128): v128 {
  const one = v128.splat<T>(<T>1);
  const ratio = v128.div<T>(y, v128.sub<T>(power, one));
  const near = v128.lt<T>(v128.abs<T>(y), v128.splat<T>(<T>0.25));
  if (!v128.any_true(near)) return ratio;
  const y2 = v128.mul<T>(y, y);
  let series = v128.splat<T>(<T>(1.0 / 47900160.0));
  series = v128.add<T>(v128.splat<T>(<T>(-1.0 / 1209600.0)), v128.mul<T>(y2, series));
  series = v128.add<T>(v128.splat<T>(<T>(1.0 / 30240.0)), v128.mul<T>(y2, series));
  series = v128.add<T>(v128.splat<T>(<T>(-1.0 / 720.0)), v128.mul<T>(y2, series));
  series = v128.add<T>(v128.splat<T>(<T>(1.0 / 12.0)), v128.mul<T>(y2, series));
  const half = v128.mul<T>(y, v128.splat<T>(<T>0.5));
  const sum = v128.add<T>(v128.sub<T>(one, half), v128.mul<T>(y2, series));
  return v128.bitselect(sum, ratio, near);
}
