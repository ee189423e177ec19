import { StriateError } from "../../error.ts";
import { denseContext } from "../../nn/dense.ts";
import type { Network } from "../../nn/network.ts";
import { compile } from "../../runtime/compile.ts";
import { input, reshape, type Tensor } from "../../tensor/index.ts";
import { LargestValues } from "./largest-values.ts";

/** Images for calibration, batch after batch: (N, C, H, W), normalised as the network takes them. */
export interface CalibrationBatches {
  readonly batch: number;
  readonly count: number;
  get(index: number): Float32Array;
}

export interface ScaleOptions {
  /** Percentile of a unit's activations that one spike a step is to stand for; 100 is the maximum. 99.9 when absent. */
  readonly percentile?: number;
  readonly onProgress?: (done: number) => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * λ of every activation unit: a percentile of what the float network's unit puts out on calibration images, all values
 * of the unit together, linearly interpolated as numpy.percentile does. A unit that is always silent gets 1.
 */
export async function measureScales(
  network: Network,
  images: CalibrationBatches,
  { percentile = 99.9, onProgress, signal }: ScaleOptions = {},
): Promise<number[]> {
  if (!(percentile >= 50 && percentile <= 100)) {
    throw new StriateError(
      `percentile ${percentile} is not between 50 and 100`,
      "Use 99.9, or 100 for the maximum",
    );
  }
  const { channels, height, width } = network.architecture.input;
  const x = input("images", [images.batch, channels, height, width]);
  const outputs: Record<string, Tensor> = {};
  const dense = denseContext();
  network.call(x, {
    ...dense,
    activate: (unit, current) => {
      const activation = dense.activate(unit, current);
      outputs[unit.name] = reshape(activation[0]!, [-1]);
      return activation;
    },
  });
  const sizes = Object.values(outputs).map(({ shape }) => shape[0]! * images.count);
  const largest = sizes.map((size) => new LargestValues(size, percentile));
  const program = await compile({ inputs: [x], outputs }, { freeze: true });
  try {
    for (let i = 0; i < images.count; i++) {
      signal?.throwIfAborted();
      const results = await program.run({ images: images.get(i) });
      for (const [k, { data }] of Object.values(results).entries()) largest[k]!.add(data as Float32Array);
      onProgress?.((i + 1) * images.batch);
    }
  } finally {
    await program.release();
  }
  return largest.map((values, k) => {
    const scale = values.percentile();
    if (Number.isFinite(scale)) return scale || 1;
    throw new StriateError(
      `the activations of "${Object.keys(outputs)[k]}" are not all finite numbers`,
      "Check the network and the scaling of the images",
    );
  });
}
