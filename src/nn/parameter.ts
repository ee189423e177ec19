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
  private readonly draw: () => Float32Array;
  private values: Float32Array | undefined;
  private symbol: Tensor | undefined;

  constructor(name: string, shape: Shape, role: ParameterRole, initializer: Initializer, random: Random) {
    this.name = name;
    this.shape = shape;
    this.role = role;
    // 1 GiB
    if (!(sizeOf(shape) <= 2 ** 28)) {
      throw new StriateError(`"${name}" would have shape ${describeShape(shape)}, too large to hold`);
    }
    this.draw = () => {
      const values = new Float32Array(sizeOf(shape));
      initializer(values, shape, random.split(name));
      return values;
    };
  }

  /** The current values, row-major. They are drawn when first asked for, so that a model can be checked before. */
  get data(): Float32Array {
    this.values ??= this.draw();
    return this.values;
  }

  set data(values: Float32Array) {
    this.values = values;
  }

  /** Copies values over the present ones, without drawing first ones that nobody would see. */
  take(values: Float32Array): void {
    if (this.values === undefined) this.values = values.slice();
    else this.values.set(values);
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
