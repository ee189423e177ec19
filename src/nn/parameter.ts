import { StriateError } from "../error.ts";
import type { Random } from "../runtime/random.ts";
import { describeShape, type Shape, sizeOf, type Tensor, type Variable, variable } from "../tensor/index.ts";
import type { Initializer } from "./initializers.ts";

/** What a parameter is for, which decides how training treats it. */
export type ParameterRole =
  /** Trained, with weight decay. */
  | "weight"
  /** Trained, without weight decay: biases, and the scale and shift of a normalisation. */
  | "bias"
  /** The learned clipping threshold of a quantiser. */
  | "threshold"
  /** A running statistic: not trained by gradients. */
  | "statistic";

/** A named array of a network that keeps its values between runs. */
export class Parameter implements Variable {
  readonly name: string;
  readonly shape: Shape;
  readonly role: ParameterRole;
  /** The current values, row-major. */
  data: Float32Array;
  private symbol: Tensor | undefined;

  constructor(name: string, shape: Shape, role: ParameterRole, initializer: Initializer, random: Random) {
    this.name = name;
    this.shape = shape;
    this.role = role;
    // 1 GiB
    if (!(sizeOf(shape) <= 2 ** 28)) throw new StriateError(`"${name}" would have shape ${describeShape(shape)}, too large to hold`);
    this.data = new Float32Array(sizeOf(shape));
    initializer(this.data, shape, random.split(name));
  }

  /** The parameter as an array of the graph. */
  get tensor(): Tensor {
    this.symbol ??= variable(this);
    return this.symbol;
  }

  get isTrained(): boolean {
    return this.role !== "statistic";
  }
}
