import type { Random } from "../../runtime/random.ts";
import { linear } from "../../tensor/index.ts";
import { filled, torchUniform, zeros } from "../initializers.ts";
import { type Context, eachStep, type Layer, type Signal } from "../layer.ts";
import { Parameter } from "../parameter.ts";

/** x · weightᵀ + bias over the last axis: (…, inputs) → (…, outputs). */
export class Linear implements Layer {
  readonly name: string;
  /** Shape (outputs, inputs). */
  readonly weight: Parameter;
  /** Shape (outputs). */
  readonly bias: Parameter;
  /** α_w, the clipping threshold of the weights when they are quantised; shape (). */
  readonly weightThreshold: Parameter;

  constructor(name: string, inputs: number, outputs: number, random: Random) {
    this.name = name;
    this.weight = new Parameter(`${name}/weight`, [outputs, inputs], "weight", torchUniform, random);
    this.weightThreshold = new Parameter(`${name}/weightThreshold`, [], "threshold", filled(3), random);
    this.bias = new Parameter(`${name}/bias`, [outputs], "bias", zeros, random);
  }

  get parameters(): readonly Parameter[] {
    return [this.weight, this.weightThreshold, this.bias];
  }

  call(x: Signal, context: Context): Signal {
    const weight = context.weight(this.weight, this);
    const y = eachStep(x, (rows) => linear(rows, weight, this.bias.tensor));
    context.observe?.(this, x, y);
    return y;
  }
}
