import { dropout } from "../../tensor/index.ts";
import { type Context, eachStep, type Layer, type Signal } from "../layer.ts";

/** In training, sets values to 0 with probability `rate`; one mask for all time steps is not drawn: each has its own. */
export class Dropout implements Layer {
  readonly parameters = [];
  readonly name: string;
  readonly rate: number;

  constructor(name: string, rate: number) {
    this.name = name;
    this.rate = rate;
  }

  call(x: Signal, context: Context): Signal {
    if (!context.training) return x;
    let step = 0;
    return eachStep(x, (values) => dropout(values, this.rate, `${this.name}/mask${step++}`));
  }
}
