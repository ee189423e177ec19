import type { Parameter } from "../../nn/parameter.ts";
import { reshape, type Tensor, transpose } from "../../tensor/index.ts";
import type { Core, FeatureMap } from "../core.ts";

/** Features that are the pixels: the core of a linear-nonlinear model. */
export class PixelCore implements Core {
  readonly parameters: readonly Parameter[] = [];
  readonly stages = 0;
  readonly width: number;
  readonly summaryWidth: number;
  readonly grid: readonly [number, number];
  readonly sampling = { first: 0, step: 1 };

  constructor(channels: number, height: number, width: number) {
    this.width = channels;
    this.summaryWidth = channels;
    this.grid = [height, width];
  }

  call(images: Tensor): FeatureMap {
    const [n, channels, height, width] = images.shape as [number, number, number, number];
    const values = transpose(reshape(images, [n, channels, height * width]), [0, 2, 1]);
    return { values, grid: this.grid };
  }
}
