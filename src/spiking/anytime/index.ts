export { type Certainty, confidence, entropy, margin } from "./certainty.ts";
export { cutoff } from "./cutoff.ts";
export { type DecideOptions, type Decision, decide } from "./decide.ts";
export { accuracyBySteps, decisionsOf, evidenceAfter, type RecordedEvidence } from "./recorded.ts";
export { type CalibratedRule, calibrateRules, type StoppingRule, stoppingRules } from "./rule.ts";
export {
  type CertaintyTable,
  lowestKeeping,
  type SweepPoint,
  spreadThresholds,
  stoppingSteps,
  sweep,
  tabulate,
} from "./sweep.ts";
export { fitTemperature } from "./temperature.ts";
