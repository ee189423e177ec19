import { denseContext } from "../src/nn/dense.ts";
import type { Network } from "../src/nn/network.ts";
import { compile } from "../src/runtime/node.ts";
import { input, type Tensor } from "../src/tensor/index.ts";

/**
 * λ of every activation unit such that its neurons fire at the wanted rates on these images (N, C, H, W), if their
 * rates are activations over λ, at most 1.
 */
export async function matchedScales(
  network: Network,
  images: Float32Array,
  rates: readonly number[],
): Promise<number[]> {
  const { channels, height, width } = network.architecture.input;
  const x = input("images", [images.length / (channels * height * width), channels, height, width]);
  const outputs: Record<string, Tensor> = {};
  const dense = denseContext();
  network.call(x, {
    ...dense,
    activate: (unit, current) => {
      const activation = dense.activate(unit, current);
      outputs[unit.name] = activation[0]!;
      return activation;
    },
  });
  const program = await compile({ inputs: [x], outputs }, { freeze: true });
  const results = Object.values(await program.run({ images }));
  await program.release();
  return results.map(({ data }, i) => matchedScale(data as Float32Array, rates[i]!));
}

/** By halving an interval: the larger λ, the lower the rate. */
function matchedScale(activations: Float32Array, rate: number): number {
  let [low, high] = [1e-3, 1e3];
  for (let i = 0; i < 30; i++) {
    const scale = Math.sqrt(low * high);
    let sum = 0;
    for (const activation of activations) sum += Math.min(activation / scale, 1);
    if (sum / activations.length > rate) low = scale;
    else high = scale;
  }
  return high;
}
