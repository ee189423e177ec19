import { denseContext } from "../../nn/dense.ts";
import type { Activation } from "../../nn/layers/activation.ts";
import type { Network } from "../../nn/network.ts";
import { compile } from "../../runtime/compile.ts";
import { input, type Tensor } from "../../tensor/index.ts";
import { type CalibrationBatches, measureScales, type ScaleOptions } from "../spiking-resnet/scales.ts";

/**
 * Sets every clipping threshold α to a percentile of what the float network's unit puts out on images (N, C, H, W):
 * a start from which a few epochs of quantised training suffice.
 */
export async function calibrateThresholds(
  network: Network,
  images: { readonly data: Float32Array; readonly shape: readonly number[] },
  percentile = 99.7,
): Promise<void> {
  const x = input("images", images.shape);
  const outputs = new Map<Activation, Tensor>();
  const dense = denseContext();
  network.call(x, {
    ...dense,
    activate: (unit, current) => {
      const output = dense.activate(unit, current);
      outputs.set(unit, output[0]!);
      return output;
    },
  });
  const named = Object.fromEntries([...outputs].map(([unit, tensor]) => [unit.name, tensor]));
  const program = await compile({ inputs: [x], outputs: named }, { freeze: true });
  try {
    const results = await program.run({ images: images.data });
    for (const unit of network.activations) {
      const positive = (results[unit.name]!.data as Float32Array).filter((value) => value > 0).sort();
      if (positive.length === 0) continue;
      unit.threshold.data[0] =
        positive[Math.min(positive.length - 1, Math.floor((positive.length * percentile) / 100))]!;
    }
  } finally {
    await program.release();
  }
}

/**
 * Sets every clipping threshold α to a percentile of all that the float network's unit puts out on many batches, no
 * higher than the unit's ceiling.
 */
export async function calibrateOnBatches(
  network: Network,
  images: CalibrationBatches,
  options: ScaleOptions = {},
): Promise<void> {
  const scales = await measureScales(network, images, options);
  for (const [i, { threshold, ceiling }] of network.activations.entries())
    threshold.data[0] = Math.min(scales[i]!, ceiling ?? Number.POSITIVE_INFINITY);
}
