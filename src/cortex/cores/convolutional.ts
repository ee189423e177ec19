import { StriateError } from "../../error.ts";
import { type Context, callLayer, type Layer } from "../../nn/layer.ts";
import { Convolution } from "../../nn/layers/convolution.ts";
import { BatchNormalization } from "../../nn/layers/normalization.ts";
import type { Parameter } from "../../nn/parameter.ts";
import type { Random } from "../../runtime/random.ts";
import { elu, mean, reshape, type Tensor, transpose } from "../../tensor/index.ts";
import type { Core, CoreConditions, FeatureMap } from "../core.ts";
import type { Sampling } from "../receptive-fields.ts";
import type { ConvolutionalSpecification } from "../specification.ts";

/**
 * Stacked convolutions, each with batch normalisation and ELU: the first over all channels, the others depth-separable
 * (a pointwise convolution, one by channel, a pointwise one). The core of the Sensorium 2022 baseline.
 */
export class ConvolutionalCore implements Core {
  readonly layers: readonly (readonly Layer[])[];
  readonly width: number;
  readonly summaryWidth: number;
  readonly stages: number;
  readonly grid: readonly [number, number];
  readonly sampling: Sampling;

  constructor(
    specification: ConvolutionalSpecification,
    input: { readonly channels: number; readonly height: number; readonly width: number },
    random: Random,
  ) {
    const { channels, layers, inputKernel, hiddenKernel, padInput } = specification;
    const lost = padInput ? inputKernel - 1 - 2 * Math.floor(inputKernel / 2) : inputKernel - 1;
    this.grid = [input.height - lost, input.width - lost];
    if (this.grid[0] < 1 || this.grid[1] < 1)
      throw new StriateError(
        `a kernel of ${inputKernel} does not fit images of ${input.height}×${input.width}`,
        "Use larger images, a smaller inputKernel, or padInput",
      );
    if (hiddenKernel % 2 === 0)
      throw new StriateError(`hiddenKernel is ${hiddenKernel}, expected an odd number`);
    this.sampling = { first: padInput ? 0 : (inputKernel - 1) / 2, step: 1 };
    this.width = channels;
    this.summaryWidth = channels;
    this.stages = layers;
    this.layers = Array.from({ length: layers }, (_, index) => {
      const name = `core/layer${index + 1}`;
      const convolution = (part: string, inputs: number, kernel: number, padding: number, groups = 1) =>
        new Convolution(
          `${name}/${part}`,
          { inputs, outputs: channels, kernel, padding, groups, bias: false },
          random,
        );
      const norm = new BatchNormalization(`${name}/norm`, channels, random);
      if (index === 0) {
        const padding = padInput ? Math.floor(inputKernel / 2) : 0;
        return [convolution("conv", input.channels, inputKernel, padding), norm];
      }
      return [
        convolution("expand", channels, 1, 0),
        convolution("depthwise", channels, hiddenKernel, (hiddenKernel - 1) / 2, channels),
        convolution("pointwise", channels, 1, 0),
        norm,
      ];
    });
  }

  get parameters(): readonly Parameter[] {
    return this.layers.flat().flatMap(({ parameters }) => parameters);
  }

  call(images: Tensor, { afterStage }: CoreConditions, context: Context): FeatureMap {
    const n = images.shape[0]!;
    const [rows, columns] = this.grid;
    let x = images;
    let summary: Tensor | undefined;
    for (const [stage, layers] of this.layers.entries()) {
      for (const layer of layers) x = callLayer(layer, [x], context)[0]!;
      x = elu(x);
      summary ??= mean(x, [2, 3]);
      if (afterStage !== undefined) x = toImages(afterStage(stage, toRows(x), summary), [n, rows, columns]);
    }
    return { values: toRows(x), grid: this.grid };
  }
}

/** (N, C, H, W) → (N, H · W, C). */
function toRows(x: Tensor): Tensor {
  const [n, channels, height, width] = x.shape as [number, number, number, number];
  return transpose(reshape(x, [n, channels, height * width]), [0, 2, 1]);
}

/** (N, H · W, C) → (N, C, H, W). */
function toImages(x: Tensor, [n, height, width]: readonly [number, number, number]): Tensor {
  return reshape(transpose(x, [0, 2, 1]), [n, x.shape[2]!, height, width]);
}
