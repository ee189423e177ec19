import { zeros } from "../../nn/initializers.ts";
import { Parameter } from "../../nn/parameter.ts";
import type { Random } from "../../runtime/random.ts";
import {
  add,
  linear,
  reshape,
  sizeOf,
  slice,
  square,
  sub,
  sum,
  type Tensor,
  withScope,
} from "../../tensor/index.ts";
import type { FeatureMap } from "../core.ts";
import type { Readout } from "../readout.ts";

/** One weight for every feature at every position: over pixels, a linear receptive field. */
export class LinearReadout implements Readout {
  readonly name: string;
  readonly neurons: number;
  /** Shape (neurons, rows · columns · features). */
  readonly weight: Parameter;
  /** Shape (neurons). */
  readonly bias: Parameter;
  private readonly grid: readonly [number, number];

  constructor(name: string, neurons: number, width: number, grid: readonly [number, number], random: Random) {
    this.name = name;
    this.neurons = neurons;
    this.grid = grid;
    this.weight = new Parameter(`${name}/weight`, [neurons, sizeOf(grid) * width], "weight", zeros, random);
    this.bias = new Parameter(`${name}/bias`, [neurons], "bias", zeros, random);
  }

  get parameters(): readonly Parameter[] {
    return [this.weight, this.bias];
  }

  call({ values }: FeatureMap): Tensor {
    return withScope(this.name, () => {
      const n = values.shape[0]!;
      const flat = reshape(values, [n, sizeOf(values.shape) / n]);
      return linear(flat, this.weight.tensor, this.bias.tensor);
    });
  }

  /** Σ of squared differences between neighbouring positions: receptive fields are smooth. */
  penalty(): Tensor {
    const [rows, columns] = this.grid;
    const field = reshape(this.weight.tensor, [
      this.neurons,
      rows,
      columns,
      sizeOf(this.weight.shape) / (this.neurons * rows * columns),
    ]);
    const roughness = (axis: 1 | 2, extent: number) =>
      sum(
        square(
          sub(
            slice(field, [1], [extent], { axes: [axis] }),
            slice(field, [0], [extent - 1], { axes: [axis] }),
          ),
        ),
      );
    return add(roughness(1, rows), roughness(2, columns));
  }
}
