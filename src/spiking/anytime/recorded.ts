import { largest } from "../readout.ts";

/** The evidence that a network had for each class after each step, of labelled samples. */
export interface RecordedEvidence {
  readonly steps: number;
  readonly samples: number;
  readonly classes: number;
  /** (steps, samples, classes). */
  readonly values: Float64Array;
  /** (samples). */
  readonly labels: ArrayLike<number>;
}

/** The evidence (classes) of one sample after `step` steps, from 1; a view. */
export function evidenceAfter(
  { samples, classes, values }: RecordedEvidence,
  step: number,
  sample: number,
): Float64Array {
  const start = ((step - 1) * samples + sample) * classes;
  return values.subarray(start, start + classes);
}

/** The decision of every sample after every step, (steps, samples). */
export function decisionsOf(evidence: RecordedEvidence): Int32Array {
  const { steps, samples } = evidence;
  const decisions = new Int32Array(steps * samples);
  for (let t = 0; t < steps; t++)
    for (let i = 0; i < samples; i++) decisions[t * samples + i] = largest(evidenceAfter(evidence, t + 1, i));
  return decisions;
}

/** The share of right decisions after 1, 2, … steps. */
export function accuracyBySteps(evidence: RecordedEvidence): number[] {
  const { steps, samples, labels } = evidence;
  const decisions = decisionsOf(evidence);
  return Array.from({ length: steps }, (_, t) => {
    let right = 0;
    for (let i = 0; i < samples; i++) if (decisions[t * samples + i] === labels[i]) right++;
    return right / samples;
  });
}
