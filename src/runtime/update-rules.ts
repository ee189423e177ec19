import { StriateError } from "../error.ts";
import type { Region } from "./memory.ts";

interface Common {
  /** η, the step size when step() is not given one. */
  readonly learningRate: number;
  /** λ, for parameters that do not set their own. */
  readonly weightDecay: number;
  /** Scales all gradients together so that their joint Euclidean norm is at most this; absent: no clipping. */
  readonly clipNorm?: number;
}

/** Stochastic gradient descent: w ← w − η (g + λ w), with momentum (Sutskever et al. 2013) when that is not zero. */
export interface Sgd extends Common {
  readonly kind: "sgd";
  readonly momentum: number;
  readonly nesterov: boolean;
}

/** Adam (Kingma & Ba 2015), decay added to the gradient; AdamW (Loshchilov & Hutter 2019), decay of the weight itself. */
export interface Adam extends Common {
  readonly kind: "adam" | "adamW";
  readonly beta1: number;
  readonly beta2: number;
  /** ε, added to the root of the second moment; at least 1e-10. */
  readonly epsilon: number;
}

export type UpdateRule = Sgd | Adam;

type Options<T extends Common> = Partial<Omit<T, "kind">> & { readonly learningRate: number };

/**
 * Describes SGD. Defaults: momentum 0, nesterov false, weightDecay 0, no clipping.
 *
 * @throws StriateError naming an option that is out of range
 */
export function sgd(options: Options<Sgd>): Sgd {
  const rule = { momentum: 0, nesterov: false, weightDecay: 0, ...options, kind: "sgd" as const };
  checkCommon(rule);
  checkRange("momentum", rule.momentum, 0, 1);
  if (rule.nesterov && rule.momentum === 0) {
    throw new StriateError("nesterov was asked for with momentum 0", "Set momentum, 0.9 for example");
  }
  return rule;
}

/**
 * Describes Adam. Defaults: beta1 0.9, beta2 0.999, epsilon 1e-8, weightDecay 0, no clipping.
 *
 * @throws StriateError naming an option that is out of range
 */
export function adam(options: Options<Adam>): Adam {
  return adamOf("adam", 0, options);
}

/** Describes AdamW. Defaults: as adam, but weightDecay 0.01. @throws StriateError as adam */
export function adamW(options: Options<Adam>): Adam {
  return adamOf("adamW", 0.01, options);
}

function adamOf(kind: Adam["kind"], weightDecay: number, options: Options<Adam>): Adam {
  const rule = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay, ...options, kind };
  checkCommon(rule);
  checkRange("beta1", rule.beta1, 0, 1);
  checkRange("beta2", rule.beta2, 0, 1);
  // gradients below 1e-15 count as zero: beside this ε they would move a parameter by 1e-5 η at most
  checkRange("epsilon", rule.epsilon, 1e-10, Number.MAX_VALUE);
  return rule;
}

function checkCommon({ learningRate, weightDecay, clipNorm }: Common): void {
  checkRange("learningRate", learningRate, 0, Number.MAX_VALUE);
  checkRange("weightDecay", weightDecay, 0, Number.MAX_VALUE);
  if (clipNorm !== undefined) checkRange("clipNorm", clipNorm, Number.MIN_VALUE, Number.MAX_VALUE);
}

/** @throws StriateError when the value is not from `least` to below `below` */
export function checkRange(name: string, value: number, least: number, below: number): void {
  if (typeof value === "number" && value >= least && value < below) return;
  const range =
    below === Number.MAX_VALUE ? `a finite number, at least ${least}` : `from ${least} to below ${below}`;
  throw new StriateError(`${name} is ${value}, expected ${range}`, "Correct the optimiser's options");
}

/** What a rule keeps for each parameter, by name. */
export function slotsOf(rule: UpdateRule): string[] {
  if (rule.kind !== "sgd") return ["firstMoment", "secondMoment"];
  return rule.momentum > 0 ? ["velocity"] : [];
}

/**
 * The regions that training needs, for ParameterMemory: every parameter `name`, then every `name.gradient`, then the
 * state the rule keeps, such as `name.velocity`.
 */
export function trainingRegions(parameters: readonly Region[], rule: UpdateRule): Region[] {
  const endings = ["", ".gradient", ...slotsOf(rule).map((slot) => `.${slot}`)];
  return endings.flatMap((ending) => parameters.map(({ name, shape }) => ({ name: name + ending, shape })));
}
