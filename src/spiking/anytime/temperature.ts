import { StriateError } from "../../error.ts";
import { evidenceAfter, type RecordedEvidence } from "./recorded.ts";

/** Smallest and largest temperature, as multiples of the mean distance of the evidence from its mean. */
const RANGE = 1e6;

/**
 * The temperature at which softmax(evidence / temperature) predicts the labels best: the least mean −ln p(label) over all
 * samples and steps (Guo et al., 2017). In 1 / temperature that is convex, so its only minimum is where the slope is 0;
 * where every decision is right there is none, and the lowest temperature of the range is given.
 */
export function fitTemperature(evidence: RecordedEvidence): number {
  const scale = meanDeviation(evidence);
  if (!(scale > 0 && Number.isFinite(scale)))
    throw new StriateError(
      "the outputs of the network are the same for every class, or not finite",
      "Check the network and the images that it is calibrated on",
    );
  // Newton's method on the slope, halving the bracket instead wherever it would leave it.
  let [low, high] = [1 / (RANGE * scale), RANGE / scale];
  let inverse = 1 / scale;
  for (let i = 0; i < 200 && high - low > 1e-13 * inverse; i++) {
    const { slope, curvature } = derivatives(evidence, inverse);
    if (slope > 0) high = inverse;
    else low = inverse;
    const next = inverse - slope / curvature;
    const isInside = next > low && next < high;
    if (isInside && Math.abs(next - inverse) <= 1e-13 * inverse) return 1 / next;
    inverse = isInside ? next : Math.sqrt(low * high);
  }
  return 1 / inverse;
}

/** First and second derivative of the mean of ln Σ e^(b·z) − b·z(label) at b. */
function derivatives(evidence: RecordedEvidence, b: number): { slope: number; curvature: number } {
  let slope = 0;
  let curvature = 0;
  forEach(evidence, (z, label) => {
    let largest = Number.NEGATIVE_INFINITY;
    for (const value of z) largest = Math.max(largest, value);
    let total = 0;
    let first = 0;
    let second = 0;
    for (const value of z) {
      const weight = Math.exp(b * (value - largest));
      const distance = value - largest;
      total += weight;
      first += weight * distance;
      second += weight * distance * distance;
    }
    const mean = first / total;
    slope += mean - (z[label]! - largest);
    curvature += second / total - mean * mean;
  });
  return { slope, curvature };
}

function meanDeviation(evidence: RecordedEvidence): number {
  let total = 0;
  forEach(evidence, (z) => {
    const mean = z.reduce((sum, value) => sum + value, 0) / z.length;
    for (const value of z) total += Math.abs(value - mean);
  });
  return total / evidence.values.length;
}

function forEach(evidence: RecordedEvidence, visit: (z: Float64Array, label: number) => void): void {
  for (let step = 1; step <= evidence.steps; step++)
    for (let i = 0; i < evidence.samples; i++) visit(evidenceAfter(evidence, step, i), evidence.labels[i]!);
}
