import type { NumericArrayLike } from "../src/formats/array.ts";
import type { Context } from "../src/nn/layer.ts";
import { crossEntropy } from "../src/nn/losses.ts";
import type { Network } from "../src/nn/network.ts";
import { TrainingStep } from "../src/nn/training-step.ts";
import { add, constant, input, mul, type Tensor } from "../src/tensor/index.ts";
import { type BenchmarkOptions, type Contender, local } from "./benchmark.ts";
import {
  type Batches,
  batchAt,
  batchCount,
  batchSize,
  rule,
  trainedParameters,
} from "./quickstart-network.ts";

/** Steps whose losses must agree, from the same initial weights. */
export const checkedSteps = 5;

/** The mean of a network's outputs over its steps. */
export const meanOver = (steps: readonly Tensor[]): Tensor =>
  steps.length === 1 ? steps[0]! : mul(steps.reduce(add), constant(1 / steps.length));

/** A training step that cycles through the batches. */
export async function makeTraining(
  network: Network,
  context: Context,
  batches: Batches,
  { lowering, threads }: BenchmarkOptions,
): Promise<() => Promise<number>> {
  const images = input("images", [batchSize, 1, 28, 28]);
  const labels = input("labels", [batchSize], "int32");
  const loss = crossEntropy(meanOver(network.call(images, context)), labels);
  const objective = { loss, updates: context.updates, parameters: trainedParameters(network, loss) };
  const step = await TrainingStep.create(objective, { lowering, threads, rule });
  let done = 0;
  return async () => (await step.run(batchAt(batches, done++), rule.learningRate)).loss!;
}

export async function trainingContender(
  network: Network,
  context: Context,
  batches: Batches,
  options: BenchmarkOptions,
): Promise<Contender> {
  const step = await makeTraining(network, context, batches, options);
  const check = async () => {
    const losses: number[] = [];
    for (let i = 0; i < checkedSteps; i++) losses.push(await step());
    return losses;
  };
  return local("Striate", check, step);
}

/** The batches as the peers read them. */
export const batchFile = ({ images, labels }: Batches): Record<string, NumericArrayLike> => ({
  images: { shape: [batchCount, batchSize, 1, 28, 28], data: images },
  labels: { shape: [batchCount, batchSize], data: labels },
});
