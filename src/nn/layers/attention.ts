import type { Random } from "../../runtime/random.ts";
import {
  attention,
  constant,
  layerNorm,
  linear,
  matmul,
  mul,
  reshape,
  slice,
  softmax,
  type Tensor,
  transpose,
} from "../../tensor/index.ts";
import { glorotUniform, ones, zeros } from "../initializers.ts";
import { type Context, eachStep, type Layer, type Signal } from "../layer.ts";
import { Parameter } from "../parameter.ts";

/** Normalisation over the last axis, of extent `width` (Ba et al., 2016). */
export class LayerNormalization implements Layer {
  readonly name: string;
  readonly gamma: Parameter;
  readonly beta: Parameter;
  readonly eps = 1e-5;

  constructor(name: string, width: number, random: Random) {
    this.name = name;
    this.gamma = new Parameter(`${name}/gamma`, [width], "bias", ones, random);
    this.beta = new Parameter(`${name}/beta`, [width], "bias", zeros, random);
  }

  get parameters(): readonly Parameter[] {
    return [this.gamma, this.beta];
  }

  call(x: Signal): Signal {
    return eachStep(x, (tokens) => layerNorm(tokens, this.gamma.tensor, this.beta.tensor, { eps: this.eps }));
  }
}

export interface AttentionOptions {
  /** Features of a token. */
  readonly width: number;
  readonly heads: number;
  /** Features of one head; width / heads when absent. */
  readonly headWidth?: number;
}

/** Multi-head self-attention over tokens (N, tokens, width) (Vaswani et al., 2017), without bias in the projections to q, k, v. */
export class Attention implements Layer {
  readonly name: string;
  readonly options: Required<AttentionOptions>;
  /** Shape (3 · heads · head width, width): the rows for q, then k, then v. */
  readonly project: Parameter;
  /** Shape (width, heads · head width). */
  readonly output: Parameter;
  readonly bias: Parameter;

  constructor(name: string, { width, heads, headWidth = width / heads }: AttentionOptions, random: Random) {
    this.name = name;
    this.options = { width, heads, headWidth };
    this.project = new Parameter(
      `${name}/project`,
      [3 * heads * headWidth, width],
      "weight",
      glorotUniform,
      random,
    );
    this.output = new Parameter(
      `${name}/output`,
      [width, heads * headWidth],
      "weight",
      glorotUniform,
      random,
    );
    this.bias = new Parameter(`${name}/bias`, [width], "bias", zeros, random);
  }

  get parameters(): readonly Parameter[] {
    return [this.project, this.output, this.bias];
  }

  call(x: Signal, context: Context): Signal {
    const output = context.weight(this.output, this);
    return eachStep(x, (tokens) => {
      const [n, count] = tokens.shape as [number, number, number];
      const { heads, headWidth } = this.options;
      const [queries, keys, values] = ([0, 1, 2] as const).map((index) => this.part(tokens, index, context));
      const mixed = attention(queries!, keys!, values!, headWidth ** -0.5);
      return linear(
        reshape(transpose(mixed, [0, 2, 1, 3]), [n, count, heads * headWidth]),
        output,
        this.bias.tensor,
      );
    });
  }

  /** How much each token takes from each other one: (N, heads, tokens, tokens), rows sum to 1. */
  weights(tokens: Tensor, context: Context): Tensor {
    const queries = mul(this.part(tokens, 0, context), constant(this.options.headWidth ** -0.5));
    return softmax(matmul(queries, this.part(tokens, 1, context), { transposeB: true }));
  }

  /** Queries (0), keys (1) or values (2), (N, heads, tokens, head width). */
  private part(tokens: Tensor, index: 0 | 1 | 2, context: Context): Tensor {
    const { heads, headWidth } = this.options;
    const [n, count] = tokens.shape as [number, number, number];
    const rows = index * heads * headWidth;
    const weight = slice(context.weight(this.project, this), [rows], [rows + heads * headWidth]);
    return transpose(reshape(linear(tokens, weight), [n, count, heads, headWidth]), [0, 2, 1, 3]);
  }
}
