import type { Random } from "../../runtime/random.ts";
import { add, type ConvolutionOptions, conv2d, mul, reshape } from "../../tensor/index.ts";
import { filled, heNormal, zeros } from "../initializers.ts";
import { type Context, eachStep, type Layer, type Signal } from "../layer.ts";
import { Parameter } from "../parameter.ts";
import type { ChannelAffine } from "./normalization.ts";

export interface ConvolutionLayerOptions extends ConvolutionOptions {
  readonly inputs: number;
  readonly outputs: number;
  /** One number, or [height, width]. */
  readonly kernel: number | readonly [number, number];
  /** Without a normalisation after it a convolution needs a bias; with one it does not. */
  readonly bias: boolean;
}

/** Convolution of images (N, inputs, H, W) → (N, outputs, H', W'). */
export class Convolution implements Layer {
  readonly name: string;
  /** Shape (outputs, inputs / groups, kernel height, kernel width). */
  readonly weight: Parameter;
  readonly bias: Parameter | undefined;
  /** α_w, the clipping threshold of the weights when they are quantised; shape (). */
  readonly weightThreshold: Parameter;
  readonly options: ConvolutionLayerOptions;

  constructor(name: string, options: ConvolutionLayerOptions, random: Random) {
    const { inputs, outputs, kernel, groups = 1 } = options;
    const [height, width] = typeof kernel === "number" ? [kernel, kernel] : kernel;
    this.name = name;
    this.options = options;
    this.weight = new Parameter(
      `${name}/weight`,
      [outputs, inputs / groups, height, width],
      "weight",
      heNormal(),
      random,
    );
    this.weightThreshold = new Parameter(`${name}/weightThreshold`, [], "threshold", filled(3), random);
    this.bias = options.bias ? new Parameter(`${name}/bias`, [outputs], "bias", zeros, random) : undefined;
  }

  get parameters(): readonly Parameter[] {
    const { weight, weightThreshold, bias } = this;
    return bias === undefined ? [weight, weightThreshold] : [weight, weightThreshold, bias];
  }

  /** `affine` multiplies each output channel by a scale and adds a shift: a normalisation folded into the weights. */
  call(x: Signal, context: Context, affine?: ChannelAffine): Signal {
    const { stride, padding, dilation, groups, outputs } = this.options;
    let weight = context.weight(this.weight, this);
    let bias = this.bias?.tensor;
    if (affine !== undefined) {
      weight = mul(weight, reshape(affine.scale, [outputs, 1, 1, 1]));
      bias = bias === undefined ? affine.shift : add(mul(bias, affine.scale), affine.shift);
    }
    const y = eachStep(x, (image) => conv2d(image, weight, { stride, padding, dilation, groups, bias }));
    context.observe?.(this, x, y);
    return y;
  }
}
