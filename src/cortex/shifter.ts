import type { Context } from "../nn/layer.ts";
import { Linear } from "../nn/layers/linear.ts";
import type { Parameter } from "../nn/parameter.ts";
import type { Random } from "../runtime/random.ts";
import { type Tensor, tanh } from "../tensor/index.ts";

/** How far a gaze moves the readout positions: pupil centre (N, 2) → (N, 2), an MLP 2 → 5 → 5 → 2 with tanh. */
export class Shifter {
  private readonly layers: readonly Linear[];

  constructor(name: string, random: Random) {
    const widths = [2, 5, 5, 2];
    this.layers = [1, 2, 3].map((i) => new Linear(`${name}/linear${i}`, widths[i - 1]!, widths[i]!, random));
  }

  get parameters(): readonly Parameter[] {
    return this.layers.flatMap(({ parameters }) => parameters);
  }

  call(pupil: Tensor, context: Context): Tensor {
    return this.layers.reduce((x, layer) => tanh(layer.call([x], context)[0]!), pupil);
  }
}
