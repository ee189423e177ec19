import type { Random } from "../../runtime/random.ts";
import { filled } from "../initializers.ts";
import type { Context, Layer, Signal } from "../layer.ts";
import { Parameter } from "../parameter.ts";

/**
 * A non-linear unit. What it computes is the context's choice: a ReLU in a float network, a quantised ReLU, or a
 * spiking neuron.
 */
export class Activation implements Layer {
  readonly name: string;
  /** α, the clipping threshold of the quantised ReLU and the firing threshold of the neuron; shape (). */
  readonly threshold: Parameter;
  /** Place among the activation units of the network, counted from 0. */
  readonly index: number;
  /** Upper bound of the output in a float network, as in ReLU6; α starts no higher. */
  readonly ceiling: number | undefined;

  constructor(name: string, index: number, threshold: number, random: Random, ceiling?: number) {
    this.name = name;
    this.index = index;
    this.ceiling = ceiling;
    const start = Math.min(threshold, ceiling ?? threshold);
    this.threshold = new Parameter(`${name}/threshold`, [], "threshold", filled(start), random);
  }

  get parameters(): readonly Parameter[] {
    return [this.threshold];
  }

  call(x: Signal, context: Context): Signal {
    return context.activate(this, x);
  }
}
