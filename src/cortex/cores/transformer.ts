import { StriateError } from "../../error.ts";
import { normal, torchUniform, zeros } from "../../nn/initializers.ts";
import type { Context } from "../../nn/layer.ts";
import { Attention, LayerNormalization } from "../../nn/layers/attention.ts";
import { Linear } from "../../nn/layers/linear.ts";
import { Parameter } from "../../nn/parameter.ts";
import type { Random } from "../../runtime/random.ts";
import {
  add,
  broadcastTo,
  concat,
  conv2d,
  dropout,
  gelu,
  mean,
  reshape,
  slice,
  type Tensor,
  tanh,
  transpose,
  unsqueeze,
  withScope,
} from "../../tensor/index.ts";
import type { Core, CoreConditions, FeatureMap } from "../core.ts";
import type { Sampling } from "../receptive-fields.ts";
import type { TransformerSpecification } from "../specification.ts";

/** Pupil size, its derivative, running speed, pupil centre x and y. */
export const behaviorWidth = 5;

/**
 * The core of V1T (Li et al., TMLR 2023): overlapping patches become tokens beside one class token; each block adds what
 * behaviour says, then attention, then an MLP, each of the latter on normalised tokens. There is no last normalisation,
 * and the class token is dropped.
 */
export class TransformerCore implements Core {
  readonly width: number;
  readonly summaryWidth: number;
  readonly stages: number;
  readonly grid: readonly [number, number];
  readonly sampling: Sampling;
  readonly blocks: readonly Block[];
  /** Shape (width, C, patch, patch). */
  readonly patch: Parameter;
  readonly patchBias: Parameter;
  /** Shape (width). */
  readonly classToken: Parameter;
  /** Shape (tokens + 1, width); the class token comes first. */
  readonly positions: Parameter;
  private readonly specification: TransformerSpecification;

  constructor(
    specification: TransformerSpecification,
    input: { readonly channels: number; readonly height: number; readonly width: number },
    behavior: boolean,
    random: Random,
  ) {
    const { patch, stride, width, depth, tokenDeviation } = specification;
    const extent = (size: number) => Math.floor((size - patch) / stride) + 1;
    this.grid = [extent(input.height), extent(input.width)];
    if (this.grid[0] < 1 || this.grid[1] < 1)
      throw new StriateError(
        `patches of ${patch}×${patch} do not fit images of ${input.height}×${input.width}`,
        "Use larger images or smaller patches",
      );
    this.specification = specification;
    this.sampling = { first: (patch - 1) / 2, step: stride };
    this.width = width;
    this.summaryWidth = width;
    this.stages = depth;
    const weight = (name: string, shape: number[], initializer = normal(tokenDeviation)) =>
      new Parameter(`core/${name}`, shape, "bias", initializer, random);
    this.patch = new Parameter(
      "core/patch/weight",
      [width, input.channels, patch, patch],
      "weight",
      torchUniform,
      random,
    );
    this.patchBias = weight("patch/bias", [width], zeros);
    this.classToken = weight("class", [width]);
    this.positions = weight("positions", [this.grid[0] * this.grid[1] + 1, width]);
    this.blocks = Array.from(
      { length: depth },
      (_, i) => new Block(`core/block${i + 1}`, specification, behavior, random),
    );
  }

  get parameters(): readonly Parameter[] {
    return [
      this.patch,
      this.patchBias,
      this.classToken,
      this.positions,
      ...this.blocks.flatMap(({ parameters }) => parameters),
    ];
  }

  call(images: Tensor, conditions: CoreConditions, context: Context): FeatureMap {
    const n = images.shape[0]!;
    const { width } = this;
    const { stride, patchDropout } = this.specification;
    const count = this.grid[0] * this.grid[1];
    const patches = withScope("core/patch", () => {
      const map = conv2d(images, context.weight(this.patch, this.blocks[0]!.attention), {
        stride,
        bias: this.patchBias.tensor,
      });
      return transpose(reshape(map, [n, width, count]), [0, 2, 1]);
    });
    const summary = mean(patches, 1);
    const first = broadcastTo(reshape(this.classToken.tensor, [1, 1, width]), [n, 1, width]);
    let tokens = add(concat([first, patches], 1), this.positions.tensor);
    if (context.training) tokens = dropout(tokens, patchDropout, "core/patch/mask");
    for (const [stage, block] of this.blocks.entries()) {
      tokens = withScope(block.name, () => block.call(tokens, conditions, context));
      if (conditions.afterStage !== undefined) tokens = conditions.afterStage(stage, tokens, summary);
    }
    return { values: slice(tokens, [1], [count + 1], { axes: [1] }), grid: this.grid };
  }
}

/** tokens += behaviour; tokens += attention(norm(tokens)); tokens += MLP(norm(tokens)). */
class Block {
  readonly name: string;
  readonly attention: Attention;
  private readonly norm1: LayerNormalization;
  private readonly norm2: LayerNormalization;
  private readonly mlp: readonly [Linear, Linear];
  private readonly behavior: BehaviorMlp | undefined;
  private readonly rate: number;

  constructor(name: string, specification: TransformerSpecification, behavior: boolean, random: Random) {
    const { width, heads, headWidth = width, mlp, dropout: rate } = specification;
    this.name = name;
    this.rate = rate;
    this.norm1 = new LayerNormalization(`${name}/norm1`, width, random);
    this.attention = new Attention(`${name}/attention`, { width, heads, headWidth }, random);
    this.norm2 = new LayerNormalization(`${name}/norm2`, width, random);
    this.mlp = [
      new Linear(`${name}/mlp/linear1`, width, mlp, random),
      new Linear(`${name}/mlp/linear2`, mlp, width, random),
    ];
    this.behavior = behavior ? new BehaviorMlp(`${name}/behavior`, width, random) : undefined;
  }

  get parameters(): readonly Parameter[] {
    const layers = [this.norm1, this.attention, this.norm2, ...this.mlp];
    return [...layers, ...(this.behavior ? [this.behavior] : [])].flatMap(({ parameters }) => parameters);
  }

  call(x: Tensor, { behavior, attention }: CoreConditions, context: Context): Tensor {
    const drop = (values: Tensor, where: string) =>
      context.training ? dropout(values, this.rate, `${this.name}/${where}`) : values;
    let tokens = x;
    if (this.behavior !== undefined && behavior !== undefined)
      tokens = add(tokens, unsqueeze(this.behavior.call(behavior, context), 1));
    const normalized = this.norm1.call([tokens]);
    attention?.(this.attention.weights(normalized[0]!, context));
    tokens = add(tokens, drop(this.attention.call(normalized, context)[0]!, "mask1"));
    const [first, second] = this.mlp;
    const hidden = gelu(first.call(this.norm2.call([tokens]), context)[0]!);
    return add(tokens, drop(second.call([drop(hidden, "mask2")], context)[0]!, "mask3"));
  }
}

/** Behaviour (N, 5) → (N, width), added to every token: two linear layers, each with tanh. */
export class BehaviorMlp {
  readonly linear1: Linear;
  readonly linear2: Linear;

  constructor(name: string, width: number, random: Random) {
    const hidden = Math.floor(width / 2);
    this.linear1 = new Linear(`${name}/linear1`, behaviorWidth, hidden, random);
    this.linear2 = new Linear(`${name}/linear2`, hidden, width, random);
  }

  get parameters(): readonly Parameter[] {
    return [...this.linear1.parameters, ...this.linear2.parameters];
  }

  call(behavior: Tensor, context: Context): Tensor {
    const hidden = tanh(this.linear1.call([behavior], context)[0]!);
    return tanh(this.linear2.call([hidden], context)[0]!);
  }
}
