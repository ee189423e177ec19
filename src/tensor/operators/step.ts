import { apply, named, type Operator, requireFloat, type Tensor } from "../tensor.ts";
import { sub } from "./binary.ts";
import { lowerElementwise } from "./elementwise.ts";
import { constant } from "./source.ts";

interface Step {
  readonly threshold: number;
  /** True for 1 only above the threshold, false for 1 at it too. */
  readonly strict: boolean;
}

/**
 * A step function as one element-wise pass, half the cost of a comparison and a cast: min(1, max(0, slope·x + offset))
 * with a slope so steep that float32 has no number between the two sides.
 */
const operator: Operator<Step> = {
  name: "step",
  infer: ([x]) => {
    requireFloat(x!);
    return { shape: x!.shape, dtype: "float32" };
  },
  gradient: () => [null],
  lower: (node, emitter) => lowerElementwise(node, emitter, "HardSigmoid", ramp(node.attributes)),
};

/**
 * Around 0 the ramp is exact for |x| ≥ 4e-39, the numbers that float32 holds in full precision. Around another threshold
 * it begins at the threshold, or at the number just below it, and has risen to 1 before the next number: the product
 * with a power of two is exact, and so is the difference of two numbers that are near each other (Sterbenz, 1974).
 */
function ramp({ threshold, strict }: Step): { alpha: number; beta: number } {
  if (threshold === 0) return { alpha: 3e38, beta: strict ? 0 : 1 };
  const slope = 2 ** (60 - Math.floor(Math.log2(Math.abs(threshold))));
  return { alpha: slope, beta: -slope * (strict ? threshold : nextBelow(threshold)) };
}

/** The largest float32 number below x, which is not 0. */
function nextBelow(x: number): number {
  const values = Float32Array.of(x);
  const bits = new Int32Array(values.buffer);
  bits[0]! += x > 0 ? -1 : 1;
  return values[0]!;
}

function step(name: string, x: Tensor, threshold: number, strict: boolean): Tensor {
  return named(name, [x], () => {
    const at = Math.fround(threshold);
    const size = Math.abs(at);
    if (at === 0 || (size > 2 ** -60 && size < 2 ** 60))
      return apply(operator, [x], { threshold: at, strict });
    return apply(operator, [sub(x, constant(at))], { threshold: 0, strict });
  });
}

/** 1 where x > threshold, else 0; its gradient is 0. */
export const stepAbove = (x: Tensor, threshold = 0): Tensor => step("stepAbove", x, threshold, true);

/** 1 where x ≥ threshold, else 0; its gradient is 0. */
export const stepFrom = (x: Tensor, threshold = 0): Tensor => step("stepFrom", x, threshold, false);
