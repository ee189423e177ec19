import { StriateError } from "../../error.ts";
import {
  apply,
  describeShape,
  named,
  type Operator,
  requireFloat,
  requireWhole,
  type Shape,
  sameShape,
  sizeOf,
  type Tensor,
} from "../tensor.ts";
import { add, div, mul, sub, sumTo } from "./binary.ts";
import { channelAffine, channelScale, channelSum } from "./channel-affine.ts";
import { customGradients } from "./custom-gradient.ts";
import { mean } from "./reduce.ts";
import { constant, fill } from "./source.ts";
import { neg, reciprocal, sqrt, square } from "./unary.ts";

interface LayerNormAttributes {
  readonly axes: number;
  readonly eps: number;
}

const layerNormOperator: Operator<LayerNormAttributes> = {
  name: "layerNorm",
  infer: ([x, gamma, beta], { axes }) => {
    requireFloat(x!, gamma!, beta!);
    requireWhole("axes", [axes], 1);
    if (axes > x!.shape.length) throw new StriateError(`${axes} axes asked for, ${x!.shape.length} given`);
    requireShape(x!.shape.slice(-axes), { gamma: gamma!, beta: beta! });
    return { shape: x!.shape, dtype: "float32" };
  },
  // with x̂ = (x − μ)/σ and g' = g · γ: dx = (g' − mean g' − x̂ · mean(g' · x̂)) / σ
  gradient: ({ inputs: [x, gamma, beta], attributes: { axes, eps } }, upstream) => {
    const last = Array.from({ length: axes }, (_, i) => -1 - i);
    const shape = gamma!.shape;
    const standard = apply(layerNormOperator, [x!, fill(shape, 1), fill(shape, 0)], { axes, eps });
    const centred = sub(x!, mean(x!, last, true));
    const deviation = sqrt(add(mean(square(centred), last, true), constant(eps)));
    const scaled = mul(upstream, gamma!);
    const along = mul(standard, mean(mul(scaled, standard), last, true));
    const toX = div(sub(sub(scaled, mean(scaled, last, true)), along), deviation);
    return [toX, sumTo(mul(upstream, standard), shape), sumTo(upstream, beta!.shape)];
  },
  lower: ({ inputs, attributes }, emitter) => {
    const { axes, eps } = attributes as LayerNormAttributes;
    const names = inputs.map((input) => emitter.plain(input));
    return emitter.op("LayerNormalization", names, { axis: -axes, epsilon: eps });
  },
};

/** Normalises over the last `axes` axes, then scales by gamma and shifts by beta (Ba et al., 2016). */
export const layerNorm = (
  x: Tensor,
  gamma: Tensor,
  beta: Tensor,
  { axes = 1, eps = 1e-5 }: { readonly axes?: number; readonly eps?: number } = {},
): Tensor => apply(layerNormOperator, [x, gamma, beta], { axes, eps });

function requireShape(shape: Shape, parameters: Readonly<Record<string, Tensor>>): void {
  for (const [name, parameter] of Object.entries(parameters)) {
    if (!sameShape(parameter.shape, shape)) {
      throw new StriateError(
        `${name} must have shape ${describeShape(shape)}, given ${describeShape(parameter.shape)}`,
      );
    }
  }
}

/** Throws unless every parameter has one number for each channel of x (N, C, …). */
function requireChannels(x: Tensor, parameters: Readonly<Record<string, Tensor>>): void {
  requireFloat(x, ...Object.values(parameters));
  if (x.shape.length < 2)
    throw new StriateError(`expected an array (N, C, …), given ${describeShape(x.shape)}`);
  requireShape([x.shape[1]!], parameters);
}

export interface Normalized {
  /** One output for each input, in order. */
  readonly y: Tensor[];
  /** Mean and population variance of each channel, shape (C). */
  readonly mean: Tensor;
  readonly variance: Tensor;
}

/**
 * Batch normalisation (Ioffe and Szegedy, 2015) of several arrays (N, C, …) with one mean and one variance for each
 * channel over all of them: the steps of a spiking network in training share their statistics.
 *
 * With x̂ = (x − μ)/σ over M values a channel, dx = γ/σ · (g − Σg/M − x̂ · Σ(g·x̂)/M).
 */
export const batchNormOver = (xs: readonly Tensor[], gamma: Tensor, beta: Tensor, eps = 1e-5): Normalized =>
  named("batchNormOver", [...xs, gamma, beta], () => normalizeTogether(xs, gamma, beta, eps));

function normalizeTogether(xs: readonly Tensor[], gamma: Tensor, beta: Tensor, eps: number): Normalized {
  if (xs.length === 0) throw new StriateError("no arrays given, expected at least one");
  for (const x of xs) requireChannels(x, { gamma, beta });
  const channels = gamma.shape;
  const count = xs.reduce((total, x) => total + sizeOf(x.shape) / channels[0]!, 0);
  const share = constant(1 / count);
  const total = (arrays: readonly Tensor[]) => arrays.map(channelSum).reduce(add);
  const mu = mul(total(xs), share);
  const ones = fill(channels, 1);
  const centred = xs.map((x) => channelAffine(x, ones, neg(mu)));
  const variance = mul(total(centred.map(square)), share);
  const inverse = reciprocal(sqrt(add(variance, constant(eps))));
  const outputs = centred.map((x) => channelAffine(x, mul(gamma, inverse), beta));

  const y = customGradients(outputs, [...xs, gamma, beta], (upstreams) => {
    const toBeta = total(upstreams);
    const projection = total(upstreams.map((g, i) => mul(g, centred[i]!)));
    const scale = mul(gamma, inverse);
    const slope = neg(mul(mul(scale, square(inverse)), mul(projection, share)));
    const shift = neg(mul(mul(scale, toBeta), share));
    const toInputs = upstreams.map((g, i) =>
      add(channelAffine(g, scale, shift), channelScale(centred[i]!, slope)),
    );
    return [...toInputs, mul(projection, inverse), toBeta];
  });
  return { y, mean: mu, variance };
}

/** Batch normalisation in training, over the batch and all positions of one array (N, C, …). */
export function batchNorm(
  x: Tensor,
  gamma: Tensor,
  beta: Tensor,
  { eps = 1e-5 }: { readonly eps?: number } = {},
): { y: Tensor; mean: Tensor; variance: Tensor } {
  return named("batchNorm", [x, gamma, beta], () => {
    const { y, mean, variance } = batchNormOver([x], gamma, beta, eps);
    return { y: y[0]!, mean, variance };
  });
}

/** Batch normalisation with given statistics, shape (C). */
export function batchNormInference(
  x: Tensor,
  gamma: Tensor,
  beta: Tensor,
  mean: Tensor,
  variance: Tensor,
  { eps = 1e-5 }: { readonly eps?: number } = {},
): Tensor {
  return named("batchNormInference", [x, gamma, beta, mean, variance], () => {
    requireChannels(x, { gamma, beta, mean, variance });
    const scale = div(gamma, sqrt(add(variance, constant(eps))));
    return channelAffine(x, scale, sub(beta, mul(mean, scale)));
  });
}
