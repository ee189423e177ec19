import {
  add,
  cast,
  constant,
  equal,
  exp,
  log,
  logSoftmax,
  mean,
  mul,
  neg,
  reshape,
  sizeOf,
  square,
  sub,
  sum,
  type Tensor,
} from "../tensor/index.ts";

/** One row for each label with 1 at its class: int32 labels (N) → (N, classes). */
export function oneHot(labels: Tensor, classes: number): Tensor {
  const numbers = constant(
    Int32Array.from({ length: classes }, (_, i) => i),
    [1, classes],
    "int32",
  );
  return cast(equal(reshape(labels, [sizeOf(labels.shape), 1]), numbers), "float32");
}

/**
 * Mean cross-entropy of logits (N, classes) against int32 labels (N). With label smoothing s the target is 1 − s on the
 * label plus s / classes everywhere (Szegedy et al., 2016), as in PyTorch.
 */
export function crossEntropy(logits: Tensor, labels: Tensor, labelSmoothing = 0): Tensor {
  const [n, classes] = logits.shape as [number, number];
  const hard = oneHot(labels, classes);
  const target =
    labelSmoothing === 0
      ? hard
      : add(mul(hard, constant(1 - labelSmoothing)), constant(labelSmoothing / classes));
  return mul(neg(sum(mul(logSoftmax(logits), target))), constant(1 / n));
}

/** Mean of the squared differences. */
export const meanSquaredError = (prediction: Tensor, target: Tensor): Tensor =>
  mean(square(sub(prediction, target)));

/** Mean of p − r · log p for predicted rates p > 0 and recorded counts r: the Poisson likelihood up to a constant. */
export function poissonLoss(rate: Tensor, count: Tensor, eps = 1e-8): Tensor {
  return mean(sub(rate, mul(count, log(add(rate, constant(eps))))));
}

/** poissonLoss for log-rates: mean of e^q − r · q. */
export const poissonLossFromLog = (logRate: Tensor, count: Tensor): Tensor =>
  mean(sub(exp(logRate), mul(count, logRate)));
