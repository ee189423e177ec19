import { denseContext } from "../nn/dense.ts";
import { compile } from "../runtime/compile.ts";
import { add, constant, matmul, mean, mul, reshape, type Tensor } from "../tensor/index.ts";
import { SubjectFeeds, subjectInputs } from "./predict.ts";
import type { ResponseModel } from "./response-model.ts";
import type { SubjectTrials } from "./trials.ts";

/** How much each patch of a stimulus weighs in a transformer's output, rows from the top. */
export interface Rollout {
  readonly height: number;
  readonly width: number;
  /** (height · width), at least 0; with the weight of the class token they sum to 1. */
  readonly values: Float32Array;
}

/**
 * Attention rollout (Abnar and Zuidema, ACL 2020), averaged over the tokens of patches as queries: how much each token of
 * the input reaches them, (N, tokens), rows sum to 1. Each block passes on half of what the mean of its heads gathers,
 * and half of what each token has, for the residual connection. `blocks` are their attention weights
 * (N, heads, tokens, tokens), query by key; the class token is the first.
 */
export function rollOut(blocks: readonly Tensor[]): Tensor {
  const [n, , tokens] = blocks[0]!.shape as [number, number, number, number];
  const queries = new Float32Array(tokens).fill(1 / (tokens - 1));
  queries[0] = 0;
  const half = constant(0.5);
  // row vector times matrix from the last block to the first: the product of the matrices is never made
  const reached = blocks.reduceRight<Tensor>(
    (row, weights) => mul(add(matmul(row, mean(weights, 1)), row), half),
    constant(queries, [1, 1, tokens]),
  );
  return reshape(reached, [n, tokens]);
}

/** The rollout of a transformer's attention over the stimuli of some trials, one for each; none for other cores. */
export async function attentionRollouts(
  model: ResponseModel,
  trials: SubjectTrials,
  chosen: Int32Array,
): Promise<Rollout[]> {
  if (model.specification.core.kind !== "transformer") return [];
  const blocks: Tensor[] = [];
  model.predict(new Map([[trials.subject, subjectInputs(trials, 1)]]), denseContext(), {
    attention: (weights) => blocks.push(weights),
  });
  const program = await compile({ outputs: { weights: rollOut(blocks) } }, { freeze: true });
  const [height, width] = model.core.grid;
  const feeds = new SubjectFeeds(trials, 1);
  const rollouts: Rollout[] = [];
  try {
    for (const start of chosen.keys()) {
      feeds.fill(chosen, start);
      const { weights } = await program.run(feeds.feeds);
      rollouts.push({ height, width, values: (weights!.data as Float32Array).slice(1) });
    }
  } finally {
    await program.release();
  }
  return rollouts;
}
