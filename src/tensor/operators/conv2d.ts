import { StriateError } from "../../error.ts";
import type { Emitter, Lowered } from "../emitter.ts";
import {
  apply,
  describeShape,
  type Operator,
  requireFloat,
  requireRank,
  requireWhole,
  type Shape,
  sameShape,
  type Tensor,
} from "../tensor.ts";
import { blockedForm, type Epilogue, lowerBlocked } from "./conv2d-blocked.ts";
import {
  type Convolution,
  type ConvolutionInputGradient,
  type ConvolutionWeightGradient,
  convolvedSize,
  type Pair,
  pair,
  type Sides,
  sides,
  spatial,
} from "./conv2d-geometry.ts";
import { canSplitPhases, lowerPhases } from "./conv2d-phases.ts";
import { lowerPortable, lowerPortableInputGradient } from "./conv2d-portable.ts";
import { lowerWeightGradient } from "./conv2d-weight-gradient.ts";
import { sum } from "./reduce.ts";

export type { Convolution };

export interface ConvolutionOptions {
  /** Step of the window: one number, or [vertical, horizontal]. */
  readonly stride?: number | Pair | undefined;
  /** Zeros around the image: one number, [vertical, horizontal] or [top, left, bottom, right]. */
  readonly padding?: number | Pair | Sides | undefined;
  readonly dilation?: number | Pair | undefined;
  /** Input and output channels are split into this many groups that do not see each other. */
  readonly groups?: number | undefined;
}

const geometry = ({
  stride = 1,
  padding = 0,
  dilation = 1,
  groups = 1,
}: ConvolutionOptions): Convolution => ({
  stride: pair(stride),
  padding: sides(padding),
  dilation: pair(dilation),
  groups,
});

const conv2dOperator: Operator<Convolution> = {
  name: "conv2d",
  infer: ([x, weight, bias], options) => {
    requireFloat(x!, weight!, ...(bias === undefined ? [] : [bias]));
    requireRank(x!, 4);
    requireRank(weight!, 4, "weight");
    requireWhole("stride", options.stride, 1);
    requireWhole("padding", options.padding, 0);
    requireWhole("dilation", options.dilation, 1);
    requireWhole("groups", [options.groups], 1);
    const [n, channels] = x!.shape;
    const [outputs, perGroup] = weight!.shape;
    const { groups } = options;
    if (channels !== perGroup! * groups || outputs! % groups !== 0) {
      throw new StriateError(
        `an image with ${channels} channels does not fit weights ${describeShape(weight!.shape)} in ${groups} group(s)`,
      );
    }
    if (bias !== undefined && !sameShape(bias.shape, [outputs!])) {
      throw new StriateError(`bias must have shape (${outputs}), given ${describeShape(bias.shape)}`);
    }
    return {
      shape: [n!, outputs!, ...convolvedSize(spatial(x!.shape), spatial(weight!.shape), options)],
      dtype: "float32",
    };
  },
  gradient: ({ inputs: [x, weight, bias], attributes }, upstream) => [
    conv2dInputGradient(upstream, weight!, x!.shape, attributes),
    conv2dWeightGradient(x!, upstream, weight!.shape, attributes),
    ...(bias === undefined ? [] : [sum(upstream, [0, 2, 3])]),
  ],
  lower: (node, emitter) => lowerConvolution(node, emitter),
};

/**
 * Cross-correlation of images (N, C, H, W) with weights (O, C / groups, kernel height, kernel width), plus an optional
 * bias (O): what deep learning calls a convolution.
 */
export function conv2d(
  x: Tensor,
  weight: Tensor,
  options: ConvolutionOptions & { readonly bias?: Tensor | undefined } = {},
): Tensor {
  return apply(conv2dOperator, options.bias ? [x, weight, options.bias] : [x, weight], geometry(options));
}

const inputGradientOperator: Operator<ConvolutionInputGradient> = {
  name: "conv2dInputGradient",
  infer: (_inputs, { inputShape }) => ({ shape: inputShape, dtype: "float32" }),
  gradient: ({ inputs: [upstreamOfConv, weight], attributes }, upstream) => {
    const { inputShape: _, ...options } = attributes as ConvolutionInputGradient;
    return [
      conv2d(upstream, weight!, options),
      conv2dWeightGradient(upstream, upstreamOfConv!, weight!.shape, options),
    ];
  },
  lower: (node, emitter) => lowerConvolution(node, emitter),
};

/** The gradient of a convolution with respect to its image, from the gradient with respect to its output. */
export function conv2dInputGradient(
  upstream: Tensor,
  weight: Tensor,
  inputShape: Shape,
  options: Convolution,
): Tensor {
  return apply(inputGradientOperator, [upstream, weight], { ...options, inputShape });
}

const weightGradientOperator: Operator<ConvolutionWeightGradient> = {
  name: "conv2dWeightGradient",
  infer: (_inputs, { weightShape }) => ({ shape: weightShape, dtype: "float32" }),
  gradient: ({ inputs: [x, upstreamOfConv], attributes }, upstream) => {
    const { weightShape: _, ...options } = attributes as ConvolutionWeightGradient;
    return [conv2dInputGradient(upstreamOfConv!, upstream, x!.shape, options), conv2d(x!, upstream, options)];
  },
  lower: (node, emitter) => lowerWeightGradient(node, emitter),
};

/** The gradient of a convolution with respect to its weights, from the gradient with respect to its output. */
export function conv2dWeightGradient(
  x: Tensor,
  upstream: Tensor,
  weightShape: Shape,
  options: Convolution,
): Tensor {
  return apply(weightGradientOperator, [x, upstream], { ...options, weightShape });
}

export const isConvolution = (node: Tensor): boolean => node.operator === conv2dOperator;
export const isInputGradient = (node: Tensor): boolean => node.operator === inputGradientOperator;

/** Lowers a convolution or an input gradient in the form that suits it, with an epilogue where that was planned. */
export function lowerConvolution(node: Tensor, emitter: Emitter, epilogue: Epilogue = {}): Lowered {
  const form = blockedForm(node, emitter);
  if (form !== undefined) return lowerBlocked(node, emitter, form, epilogue);
  if (isConvolution(node)) return lowerPortable(node, emitter);
  return canSplitPhases(node, emitter)
    ? lowerPhases(node, emitter)
    : lowerPortableInputGradient(node, emitter);
}
