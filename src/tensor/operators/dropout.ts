import { StriateError } from "../../error.ts";
import { named, type Tensor } from "../tensor.ts";
import { mul } from "./binary.ts";
import { greaterEqual } from "./compare.ts";
import { constant, randomUniform } from "./source.ts";
import { mask } from "./unary.ts";

/** x with each value set to 0 with probability `rate` and the others divided by 1 − rate (Srivastava et al., 2014). */
export function dropout(x: Tensor, rate: number, name: string): Tensor {
  return named("dropout", [x], () => {
    if (!(rate >= 0 && rate < 1)) throw new StriateError(`rate ${rate} is not in [0, 1)`);
    if (rate === 0) return x;
    const kept = mask(greaterEqual(randomUniform(x.shape, name), constant(rate)));
    return mul(x, mul(kept, constant(1 / (1 - rate))));
  });
}
