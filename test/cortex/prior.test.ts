import { expect, test } from "vitest";
import { departure, priorOf } from "../../src/cortex/readouts/prior.ts";
import { compile } from "../../src/runtime/compile.ts";
import { Random } from "../../src/runtime/random.ts";
import { input } from "../../src/tensor/index.ts";
import "../../src/runtime/node.ts";

const width = 3;
const features = new Random(1)
  .fillNormal(new Float32Array(200 * width))
  .map((value, i) => value * (1 + (i % 3)) + (i % 3));

test("the prior has the mean of the features, and the inverse of their covariance with a tenth of its trace shared out", () => {
  const { mean, precision } = priorOf([features.subarray(0, 90), features.subarray(90)], width);
  const rows = Array.from({ length: 200 }, (_, i) => features.subarray(i * width, (i + 1) * width));
  const average = (value: (row: Float32Array) => number) => rows.reduce((t, row) => t + value(row), 0) / 200;
  const variance = [0, 1, 2].map((i) => average((row) => (row[i]! - mean[i]!) ** 2));
  const ridge = (0.1 * variance.reduce((a, b) => a + b)) / width;
  for (let i = 0; i < width; i++) {
    expect(mean[i]).toBeCloseTo(
      average((row) => row[i]!),
      4,
    );
    for (let j = 0; j < width; j++) {
      let product = 0;
      for (let k = 0; k < width; k++) {
        const covariance =
          average((row) => (row[i]! - mean[i]!) * (row[k]! - mean[k]!)) + (i === k ? ridge : 0);
        product += covariance * precision[k * width + j]!;
      }
      expect(product).toBeCloseTo(i === j ? 1 : 0, 4);
    }
  }
});

test("the departure is ½ (f − m) P (f − m)ᵀ, summed over neurons", async () => {
  const prior = { mean: Float32Array.of(1, 2), precision: Float32Array.of(2, 0.5, 0.5, 1) };
  const x = input("x", [2, 2]);
  const program = await compile({ inputs: [x], outputs: { y: departure(x, prior) } });
  const { y } = await program.run({ x: Float32Array.of(1, 2, 3, 1) });
  // the second neuron is (2, −1) away: ½ (2·4 − 2·0.5·2 + 1)
  expect(y!.data[0]).toBeCloseTo(3.5, 5);
  await program.release();
});
