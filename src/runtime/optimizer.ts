import { StriateError } from "../error.ts";
import type { Kernels } from "./kernels/parameters.ts";
import type { ParameterMemory } from "./memory.ts";
import { type Adam, checkRange, type Sgd, slotsOf, type UpdateRule } from "./update-rules.ts";

export { type Adam, adam, adamW, type Sgd, sgd, trainingRegions, type UpdateRule } from "./update-rules.ts";

/** A parameter to be updated; both arrays are whole regions of one ParameterMemory. */
export interface TrainedParameter {
  readonly name: string;
  readonly value: Float32Array;
  readonly gradient: Float32Array;
  /** Multiplies the learning rate for this parameter; 1 when absent. */
  readonly learningRateScale?: number;
  /** Replaces the rule's weight decay for this parameter. */
  readonly weightDecay?: number;
}

/** A parameter as the kernels see it: addresses instead of arrays. */
interface Span {
  readonly name: string;
  readonly length: number;
  readonly value: number;
  readonly gradient: number;
  readonly slots: readonly number[];
  readonly learningRateScale: number;
  readonly weightDecay: number;
}

/** Updates parameters in place from their gradients, one fused kernel call for each parameter. */
export class Optimizer {
  readonly rule: UpdateRule;
  readonly #kernels: Kernels;
  readonly #spans: readonly Span[];
  /** The state by name, `parameter.slot`: views of the memory. */
  readonly #state = new Map<string, Float32Array>();
  #stepCount = 0;

  /**
   * @param memory laid out with trainingRegions for the same rule, so that it has room for the state
   * @throws StriateError when an array or a slot is not a region of the memory, or lengths differ
   */
  constructor(rule: UpdateRule, parameters: readonly TrainedParameter[], memory: ParameterMemory) {
    this.rule = rule;
    this.#kernels = memory.kernels;
    this.#spans = parameters.map((parameter) => {
      const { name, value, gradient, learningRateScale = 1, weightDecay = rule.weightDecay } = parameter;
      checkRange(`learningRateScale of "${name}"`, learningRateScale, 0, Number.MAX_VALUE);
      checkRange(`weightDecay of "${name}"`, weightDecay, 0, Number.MAX_VALUE);
      const slots = slotsOf(rule).map((slot) => [`${name}.${slot}`, memory.get(`${name}.${slot}`)] as const);
      for (const [slotName, array] of [["gradient", gradient] as const, ...slots]) {
        if (array.length === value.length) continue;
        throw new StriateError(
          `"${name}" has ${value.length} numbers and its ${slotName} ${array.length}`,
          "Lay the memory out with trainingRegions, so that they have one shape",
        );
      }
      for (const [slotName, array] of slots) this.#state.set(slotName, array);
      return {
        name,
        length: value.length,
        value: memory.address(value),
        gradient: memory.address(gradient),
        slots: slots.map(([, array]) => memory.address(array)),
        learningRateScale,
        weightDecay,
      };
    });
  }

  /** Steps taken so far, t in Adam's bias correction. */
  get stepCount(): number {
    return this.#stepCount;
  }

  /** Euclidean norm of all gradients together; NaN or infinite exactly when one of them holds such a number. */
  gradientNorm(): number {
    let sum = 0;
    for (const { gradient, length } of this.#spans) sum += this.#kernels.sumOfSquares(gradient, length);
    return Math.sqrt(sum);
  }

  /** The first gradient that holds NaN or an infinity, and where in it; undefined when all are finite. */
  firstNonFiniteGradient(): { name: string; index: number } | undefined {
    for (const { name, gradient, length } of this.#spans) {
      const index = this.#kernels.firstNonFinite(gradient, length);
      if (index >= 0) return { name, index };
    }
    return undefined;
  }

  /**
   * Takes one step with the gradients as they stand; clipping does not change them either.
   *
   * @param learningRate η of this step, from a schedule
   * @throws StriateError when clipping meets a gradient that is not finite; nothing is updated then
   */
  step(learningRate: number = this.rule.learningRate): void {
    checkRange("learningRate", learningRate, 0, Number.MAX_VALUE);
    const gradientScale = this.#gradientScale();
    this.#stepCount += 1;
    if (this.rule.kind === "sgd") this.#stepSgd(this.rule, learningRate, gradientScale);
    else this.#stepAdam(this.rule, learningRate, gradientScale);
  }

  /** A copy of everything but the parameters that the next step depends on. */
  state(): Record<string, Float32Array> {
    const copies: Record<string, Float32Array> = { [STEP_COUNT]: encodeCount(this.#stepCount) };
    for (const [name, array] of this.#state) copies[name] = array.slice();
    return copies;
  }

  /**
   * Takes over what state() returned; the next step then gives the same bits.
   *
   * @throws StriateError when the state is of another network or rule; nothing is changed then
   */
  load(state: Readonly<Record<string, Float32Array>>): void {
    const expected = new Map(this.#state).set(STEP_COUNT, encodeCount(0));
    for (const name of new Set([...expected.keys(), ...Object.keys(state)])) {
      const [given, wanted] = [state[name]?.length ?? "no", expected.get(name)?.length ?? "no"];
      if (given === wanted) continue;
      throw new StriateError(
        `the optimiser's state has ${given} numbers for "${name}", ${wanted} were expected`,
        "Load the state of a run with the same network and the same optimiser",
      );
    }
    for (const [name, array] of this.#state) array.set(state[name]);
    this.#stepCount = decodeCount(state[STEP_COUNT]);
  }

  /** c ≤ 1 that brings the joint norm down to clipNorm, as torch.nn.utils.clip_grad_norm_ computes it. */
  #gradientScale(): number {
    const { clipNorm } = this.rule;
    if (clipNorm === undefined) return 1;
    const norm = this.gradientNorm();
    if (Number.isFinite(norm)) return Math.min(1, clipNorm / (norm + 1e-6));
    const { name, index } = this.firstNonFiniteGradient()!;
    throw new StriateError(
      `the gradient of "${name}" is not a finite number at index ${index}, after ${this.#stepCount} steps`,
      "Lower the learning rate, or look for NaN in the batch",
    );
  }

  #stepSgd({ momentum, nesterov }: Sgd, learningRate: number, scale: number): void {
    for (const { value, gradient, slots, length, learningRateScale, weightDecay } of this.#spans) {
      const rate = learningRate * learningRateScale;
      if (momentum === 0) this.#kernels.sgd(value, gradient, length, rate, weightDecay, scale);
      else {
        const ahead = nesterov ? 1 : 0;
        const [velocity] = slots;
        this.#kernels.sgdMomentum(
          value,
          gradient,
          velocity,
          length,
          rate,
          momentum,
          ahead,
          weightDecay,
          scale,
        );
      }
    }
  }

  #stepAdam({ kind, beta1, beta2, epsilon }: Adam, learningRate: number, scale: number): void {
    const correction1 = 1 - integerPower(beta1, this.#stepCount);
    const rootScale = 1 / Math.sqrt(1 - integerPower(beta2, this.#stepCount));
    for (const { value, gradient, slots, length, learningRateScale, weightDecay } of this.#spans) {
      const rate = learningRate * learningRateScale;
      this.#kernels.adam(
        value,
        gradient,
        slots[0],
        slots[1],
        length,
        1 - beta1,
        beta2,
        1 - beta2,
        rate / correction1,
        rootScale,
        epsilon,
        kind === "adamW" ? 1 - rate * weightDecay : 1,
        kind === "adam" ? weightDecay : 0,
        scale,
      );
    }
  }
}

const STEP_COUNT = "stepCount";
/** Integers below this are exact in float32. */
const EXACT = 2 ** 24;

function encodeCount(count: number): Float32Array {
  return Float32Array.of(count % EXACT, Math.floor(count / EXACT));
}

function decodeCount([low, high]: Float32Array): number {
  return high * EXACT + low;
}

/** baseⁿ by squaring: multiplications only, so that every engine rounds alike, which Math.pow does not promise. */
function integerPower(base: number, n: number): number {
  let power = 1;
  for (let square = base, left = n; left > 0; left = Math.floor(left / 2), square *= square) {
    if (left % 2 === 1) power *= square;
  }
  return power;
}
