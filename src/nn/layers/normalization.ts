import type { Random } from "../../runtime/random.ts";
import {
  add,
  batchNormOver,
  channelAffine,
  constant,
  div,
  mul,
  sizeOf,
  sqrt,
  sub,
  type Tensor,
} from "../../tensor/index.ts";
import { ones, zeros } from "../initializers.ts";
import { type Context, eachStep, type Layer, type Signal } from "../layer.ts";
import { Parameter } from "../parameter.ts";

/** A scale and a shift for each channel, shape (C). */
export interface ChannelAffine {
  readonly scale: Tensor;
  readonly shift: Tensor;
}

/**
 * Batch normalisation (Ioffe and Szegedy, 2015) over the batch, the positions and the time steps of (N, C, …). In
 * training it records running statistics, moving by `momentum` a step with the unbiased variance, as PyTorch does.
 */
export class BatchNormalization implements Layer {
  readonly name: string;
  readonly gamma: Parameter;
  readonly beta: Parameter;
  readonly mean: Parameter;
  readonly variance: Parameter;
  readonly momentum = 0.1;
  readonly eps: number;

  constructor(name: string, channels: number, random: Random, eps = 1e-5) {
    this.name = name;
    this.eps = eps;
    this.gamma = new Parameter(`${name}/gamma`, [channels], "bias", ones, random);
    this.beta = new Parameter(`${name}/beta`, [channels], "bias", zeros, random);
    this.mean = new Parameter(`${name}/mean`, [channels], "statistic", zeros, random);
    this.variance = new Parameter(`${name}/variance`, [channels], "statistic", ones, random);
  }

  get parameters(): readonly Parameter[] {
    return [this.gamma, this.beta, this.mean, this.variance];
  }

  call(x: Signal, context: Context): Signal {
    const { gamma, beta, eps } = this;
    if (!context.training) {
      const { scale, shift } = this.affine();
      return eachStep(x, (step) => channelAffine(step, scale, shift));
    }
    const { y, mean, variance } = batchNormOver(x, gamma.tensor, beta.tensor, eps);
    const count = x.reduce((total, step) => total + sizeOf(step.shape) / sizeOf(gamma.shape), 0);
    this.record(context, this.mean, mean);
    this.record(context, this.variance, mul(variance, constant(count / Math.max(1, count - 1))));
    return y;
  }

  /** What the normalisation does outside training: x · scale + shift for each channel. */
  affine(): ChannelAffine {
    const scale = div(this.gamma.tensor, sqrt(add(this.variance.tensor, constant(this.eps))));
    return { scale, shift: sub(this.beta.tensor, mul(this.mean.tensor, scale)) };
  }

  private record(context: Context, running: Parameter, batch: Tensor): void {
    const kept = mul(running.tensor, constant(1 - this.momentum));
    context.updates.set(running, add(kept, mul(batch, constant(this.momentum))));
  }
}
