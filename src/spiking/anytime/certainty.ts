/**
 * How sure a decision is after a step, from the evidence (classes) so far; the surer the larger. A network stops at the
 * first step where this reaches a threshold.
 *
 * @param step steps taken so far, from 1.
 */
export type Certainty = (evidence: ArrayLike<number>, step: number) => number;

/** The largest evidence minus the second largest: the gap of "Top-K cutoff" (Wu et al., 2025). */
export const margin: Certainty = (evidence) => {
  let first = Number.NEGATIVE_INFINITY;
  let second = Number.NEGATIVE_INFINITY;
  for (let k = 0; k < evidence.length; k++) {
    const value = evidence[k]!;
    if (value > first) {
      second = first;
      first = value;
    } else if (value > second) second = value;
  }
  return first - second;
};

/**
 * The probability that the softmax of evidence / temperature gives the decision: the confidence of Dynamic Confidence
 * (Li, Jones and Furber, ICCV 2023).
 */
export function confidence(temperature: number): Certainty {
  return (evidence) => 1 / partition(evidence, temperature).total;
}

/** 1 − H / ln(classes), H being the entropy of that softmax, which SEENN (Li et al., NeurIPS 2023) stops by. */
export function entropy(temperature: number): Certainty {
  return (evidence) => {
    const { total, energy } = partition(evidence, temperature);
    return 1 - (Math.log(total) - energy / total) / Math.log(evidence.length);
  };
}

/** Σ e^x and Σ x·e^x over x = (evidence − the largest) / temperature. */
function partition(evidence: ArrayLike<number>, temperature: number): { total: number; energy: number } {
  let largest = Number.NEGATIVE_INFINITY;
  for (let k = 0; k < evidence.length; k++) largest = Math.max(largest, evidence[k]!);
  let total = 0;
  let energy = 0;
  for (let k = 0; k < evidence.length; k++) {
    const x = (evidence[k]! - largest) / temperature;
    const weight = Math.exp(x);
    total += weight;
    if (weight > 0) energy += x * weight;
  }
  return { total, energy };
}
