import { type Certainty, confidence, entropy, margin } from "./certainty.ts";
import { cutoff } from "./cutoff.ts";
import type { RecordedEvidence } from "./recorded.ts";
import { fitTemperature } from "./temperature.ts";

/** By what a network decides that it has seen enough. */
export const stoppingRules = ["margin", "cutoff", "confidence", "entropy"] as const;

export type StoppingRule = (typeof stoppingRules)[number];

export interface CalibratedRule {
  readonly rule: StoppingRule;
  readonly certainty: Certainty;
  /** Of the softmax, in units of evidence; only of rules that have one. */
  readonly temperature?: number;
}

/** Every rule, with what it learns from calibration samples: a temperature, or the reliability of margins. */
export function calibrateRules(calibration: RecordedEvidence): CalibratedRule[] {
  const temperature = fitTemperature(calibration);
  return [
    { rule: "margin", certainty: margin },
    { rule: "cutoff", certainty: cutoff(calibration) },
    { rule: "confidence", certainty: confidence(temperature), temperature },
    { rule: "entropy", certainty: entropy(temperature), temperature },
  ];
}
