import type { Numbers, Operation, SpikingGraph, SpikingNode } from "../../spiking/graph/index.ts";
import { scalar } from "../../spiking/graph/index.ts";
import { constantValues, sizeOf, type Tensor } from "../../tensor/index.ts";
import type { Convolution } from "../../tensor/operators/conv2d-geometry.ts";
import type { CapturedNetwork } from "./capture.ts";
import { correctGraph } from "./correct.ts";
import type { Correction } from "./correction.ts";
import { moveOf, stridedIdentity } from "./moves.ts";
import { cannotSpike } from "./refusal.ts";
import { type Amplitude, selection, times, weigh } from "./synapses.ts";

export interface BuildOptions {
  /** λ of every activation unit, in order: the activation that one spike a step stands for. */
  readonly scales: readonly number[];
  /** What is changed of the synapses into each unit, in order. */
  readonly corrections?: readonly Correction[];
  /** V(0) in thresholds; 1/2 when absent. */
  readonly start?: number;
  readonly reset?: "subtract" | "zero";
  /** True for neurons that can take a spike back, as Fast-SNN's do. */
  readonly signed?: boolean;
  /** False to leave shortcuts as they are, as if every layer had the same scale: for comparison. */
  readonly normalizeShortcuts?: boolean;
}

/**
 * The spiking graph of a captured network (Hu et al., 2018): every unit is a layer of integrate-and-fire neurons with
 * θ = 1, whose spikes stand for λ; weights become W·λ_in/λ_out and biases b/λ_out, so that firing rates are activations
 * over λ. A shortcut is a synapse like any other: of weight λ_in/λ_out, or W·λ_in/λ_out where it has weights.
 *
 * @throws StriateError that names the first operation that cannot spike.
 */
export function buildSpikingGraph(captured: CapturedNetwork, options: BuildOptions): SpikingGraph {
  return new Builder(captured, options).build();
}

/** How far below 0 the membrane of a signed neuron must be to take a spike back, in units of its activation (Fast-SNN). */
const SIGNED_EPSILON = 1e-3;

class Builder {
  private readonly captured: CapturedNetwork;
  private readonly options: BuildOptions;
  private readonly nodes: SpikingNode[] = [];
  private readonly names = new Set<string>();
  private readonly emitted = new Map<string, readonly string[]>();
  private readonly unitOf: ReadonlyMap<Tensor, number>;
  private readonly depth = new Map<Tensor, number>();

  constructor(captured: CapturedNetwork, options: BuildOptions) {
    this.captured = captured;
    this.options = options;
    this.unitOf = new Map(captured.units.map(({ output }, i) => [output, i]));
  }

  build(): SpikingGraph {
    const { image, units, logits } = this.captured;
    const { scales, corrections, start = 0.5, reset = "subtract", signed = false } = this.options;
    this.add("input", [], { type: "input", shape: image.shape.slice(1) });
    for (const [i, { unit, current }] of units.entries()) {
      this.add(unit.name, this.current(current, scales[i]!), {
        type: "neuron",
        membrane: { kind: "integrator", r: scalar(1) },
        firing: {
          threshold: scalar(1),
          strict: false,
          reset: reset === "subtract" ? "subtract" : scalar(0),
          ...(signed && { takesBackAt: -SIGNED_EPSILON / scales[i]! }),
        },
        start: scalar(start),
      });
    }
    this.add("output", this.current(logits, 1), { type: "output" });
    const graph = { nodes: this.nodes, timeStep: 1, metadata: {} };
    return corrections === undefined ? graph : correctGraph(graph, this.captured, corrections);
  }

  /** Names of the nodes that sum up to x / target. */
  private current(x: Tensor, target: number): readonly string[] {
    const key = `${x.id} ${target}`;
    let names = this.emitted.get(key);
    if (names === undefined) {
      names = this.emitCurrent(x, target);
      this.emitted.set(key, names);
    }
    return names;
  }

  private emitCurrent(x: Tensor, target: number): readonly string[] {
    const shortcut = this.stridedShortcut(x, target);
    if (shortcut !== undefined) return [shortcut];
    const spikes = this.spikes(x);
    if (spikes !== undefined) return this.synapses(x, spikes, target);
    const [a, b] = x.inputs as [Tensor, Tensor];
    switch (x.operator.name) {
      case "conv2d":
        return [this.convolution(x, target)];
      case "matmul":
        return [this.product(x, target)];
      case "add":
        if (this.constant(a) !== undefined) return this.biased(x, b, this.constant(a)!, target);
        if (this.constant(b) !== undefined) return this.biased(x, a, this.constant(b)!, target);
        return this.addition(a, b, target);
      case "sub":
        if (this.constant(b) !== undefined) return this.biased(x, a, times(this.constant(b)!, -1), target);
        if (this.constant(a) !== undefined) return this.biased(x, b, this.constant(a)!, target, -1);
        return [...this.current(a, target), ...this.current(b, -target)];
      case "mul": {
        const factor = this.constant(b) ?? this.constant(a);
        if (factor === undefined) throw cannotSpike(x, "it multiplies two activations");
        return this.scaled(x, this.constant(b) === undefined ? b : a, factor, target);
      }
      case "div": {
        const divisor = this.constant(b);
        if (divisor === undefined) throw cannotSpike(x, "it divides by an activation");
        return this.scaled(x, a, { ...divisor, data: divisor.data.map((value) => 1 / value) }, target);
      }
      case "channelAffine": {
        const [scale, shift] = [this.constant(x.inputs[1]!), this.constant(x.inputs[2]!)];
        if (scale === undefined || shift === undefined) throw cannotSpike(x);
        const perChannel = [scale.shape[0]!, ...x.shape.slice(2).map(() => 1)];
        return [
          this.add(this.nameOf(x, "scale"), this.current(a, 1), {
            type: "scale",
            scale: { shape: perChannel, data: times(scale, 1 / target).data },
            bias: { shape: perChannel, data: times(shift, 1 / target).data },
          }),
        ];
      }
    }
    const move = moveOf(x);
    if (move === undefined) throw cannotSpike(x);
    const inputs = x.inputs.map((each) => this.single(this.current(each, target / move.factor)));
    return [this.add(this.nameOf(x, move.operation.type), inputs, move.operation)];
  }

  /** Where x is moved, pooled or joined spikes: the node that puts them out, and what one of them stands for. */
  private spikes(x: Tensor): { readonly name: string; readonly amplitude: Amplitude } | undefined {
    if (x === this.captured.image) return { name: "input", amplitude: 1 };
    const unit = this.unitOf.get(x);
    if (unit !== undefined)
      return { name: this.captured.units[unit]!.unit.name, amplitude: this.options.scales[unit]! };
    if (x.operator.name === "mul") {
      const [a, b] = x.inputs as [Tensor, Tensor];
      const factor = this.constant(b) ?? this.constant(a);
      const inner =
        factor?.data.length === 1 ? this.spikes(this.constant(b) === undefined ? b : a) : undefined;
      return inner && { ...inner, amplitude: rescale(inner.amplitude, factor!.data[0]!) };
    }
    const move = moveOf(x);
    const isGate = x.operator.name === "maxPool2d";
    if (move === undefined && !isGate) return undefined;
    const inner = x.inputs.map((each) => this.spikes(each));
    if (!inner.every((each) => each !== undefined)) return undefined;
    const amplitude = joined(x, inner);
    if (amplitude === undefined || (isGate && typeof amplitude !== "number")) return undefined;
    const key = `spikes ${x.id}`;
    let names = this.emitted.get(key);
    if (names === undefined) {
      const operation = isGate ? gate(x) : move!.operation;
      const inputs = inner.map(({ name }) => name);
      names = [this.add(this.nameOf(x, operation.type), inputs, operation)];
      this.emitted.set(key, names);
    }
    return { name: names[0]!, amplitude: rescale(amplitude, move?.factor ?? 1) };
  }

  /** Synapses without weights of their own: an identity shortcut, or spikes that go to several units. */
  private synapses(
    x: Tensor,
    { name, amplitude }: { readonly name: string; readonly amplitude: Amplitude },
    target: number,
  ): readonly string[] {
    if (amplitude === target) return [name];
    const scale: Numbers =
      typeof amplitude === "number"
        ? scalar(amplitude / target)
        : {
            shape: [amplitude.length, ...x.shape.slice(2).map(() => 1)],
            data: amplitude.map((value) => value / target),
          };
    return [this.add(`${name}/synapses`, [name], { type: "scale", scale })];
  }

  /** A shortcut that drops pixels and pads channels is one convolution with a 1 × 1 kernel. */
  private stridedShortcut(x: Tensor, target: number): string | undefined {
    const strided = stridedIdentity(x);
    const source = strided && this.spikes(strided.source);
    if (strided === undefined || typeof source?.amplitude !== "number") return undefined;
    const { channels, first, stride, outputs } = strided;
    return this.add(this.nameOf(x, "shortcut"), [source.name], {
      type: "conv2d",
      weight: selection(outputs, channels, first, source.amplitude / target),
      stride,
      padding: [0, 0, 0, 0],
      dilation: [1, 1],
      groups: 1,
    });
  }

  private convolution(x: Tensor, target: number): string {
    const [image, weight, bias] = x.inputs as [Tensor, Tensor, Tensor | undefined];
    const weights = this.constant(weight);
    if (weights === undefined) throw cannotSpike(x, "its weights depend on the image");
    const { stride, padding, dilation, groups } = x.attributes as Convolution;
    const { inputs, amplitude } = this.source(image);
    const biases = bias && this.constant(bias);
    return this.add(this.nameOf(x, "conv"), inputs, {
      type: "conv2d",
      weight: weigh(weights, amplitude, target, groups),
      bias: biases && times(biases, 1 / target),
      stride,
      padding,
      dilation,
      groups,
    });
  }

  private product(x: Tensor, target: number, bias?: Float32Array): string {
    const [rows, matrix] = x.inputs as [Tensor, Tensor];
    const weights = this.constant(matrix);
    const { transposeA, transposeB } = x.attributes as { transposeA: boolean; transposeB: boolean };
    if (weights === undefined || weights.shape.length !== 2 || transposeA)
      throw cannotSpike(x, "it multiplies two activations");
    const { inputs, amplitude } = this.source(rows);
    const perOutput = transposeB ? weights : transposed(weights);
    return this.add(this.nameOf(x, "linear"), inputs, {
      type: "linear",
      weight: weigh(perOutput, amplitude, target, 1),
      bias: bias && { shape: [bias.length], data: bias },
    });
  }

  /** What a weighted layer takes its input from. */
  private source(x: Tensor): { readonly inputs: readonly string[]; readonly amplitude: Amplitude } {
    const spikes = this.spikes(x);
    return spikes === undefined
      ? { inputs: this.current(x, 1), amplitude: 1 }
      : { inputs: [spikes.name], amplitude: spikes.amplitude };
  }

  private addition(a: Tensor, b: Tensor, target: number): readonly string[] {
    if (this.options.normalizeShortcuts !== false)
      return [...this.current(a, target), ...this.current(b, target)];
    const shortcut = this.depthOf(a) <= this.depthOf(b) ? a : b;
    const branch = shortcut === a ? b : a;
    const unnormalized = this.options.scales[this.depthOf(shortcut)] ?? 1;
    return [...this.current(branch, target), ...this.current(shortcut, unnormalized)];
  }

  /** (x · sign + bias) / target, the bias inside the weighted layer before it where there is one. */
  private biased(node: Tensor, x: Tensor, bias: Numbers, target: number, sign = 1): readonly string[] {
    const scaled = times(bias, 1 / target);
    const isVector = bias.data.length === node.shape[1] && node.shape.length === 2;
    if (isVector && x.operator.name === "matmul") return [this.product(x, target * sign, scaled.data)];
    const shape = bias.shape.slice(Math.max(0, bias.shape.length - node.shape.length + 1));
    return [
      this.add(this.nameOf(node, "bias"), this.current(x, target * sign), {
        type: "scale",
        scale: scalar(1),
        bias: { shape, data: scaled.data },
      }),
    ];
  }

  private scaled(node: Tensor, x: Tensor, factor: Numbers, target: number): readonly string[] {
    if (factor.data.length === 1) return this.current(x, target / factor.data[0]!);
    const shape = factor.shape.slice(Math.max(0, factor.shape.length - node.shape.length + 1));
    const scale = { shape, data: times(factor, 1 / target).data };
    return [this.add(this.nameOf(node, "scale"), this.current(x, 1), { type: "scale", scale })];
  }

  private single(names: readonly string[]): string {
    return names.length === 1 ? names[0]! : this.add("sum", names, { type: "sum" });
  }

  private constant(x: Tensor): Numbers | undefined {
    const known = this.captured.constants.get(x);
    if (known !== undefined) return known;
    const values = constantValues(x);
    return values && { shape: x.shape, data: Float32Array.from(values) };
  }

  /** The last unit whose output x depends on; −1 for the image. */
  private depthOf(x: Tensor): number {
    let depth = this.unitOf.get(x) ?? this.depth.get(x);
    if (depth === undefined) {
      depth = x.inputs.reduce((most, each) => Math.max(most, this.depthOf(each)), -1);
      this.depth.set(x, depth);
    }
    return depth;
  }

  private nameOf(x: Tensor, fallback: string): string {
    return this.captured.nameOf(x) || fallback;
  }

  private add(name: string, inputs: readonly string[], operation: Operation): string {
    let unique = name;
    for (let number = 2; this.names.has(unique); number++) unique = `${name}#${number}`;
    this.names.add(unique);
    this.nodes.push({ name: unique, inputs, operation });
    return unique;
  }
}

const rescale = (amplitude: Amplitude, factor: number): Amplitude =>
  typeof amplitude === "number" ? amplitude * factor : amplitude.map((value) => value * factor);

function transposed({ shape, data }: Numbers): Numbers {
  const [rows, columns] = shape as [number, number];
  const flipped = Float32Array.from(data, (_, i) => data[(i % rows) * columns + Math.floor(i / rows)]!);
  return { shape: [columns, rows], data: flipped };
}

function gate(x: Tensor): Operation {
  const { kernel, stride, padding, dilation } = x.attributes as { kernel: [number, number] } & Convolution;
  return { type: "maxPool2d", kernel, stride, padding, dilation };
}

/** The amplitude of moved or joined spikes; undefined where channels would need different ones after a move. */
function joined(x: Tensor, sources: readonly { readonly amplitude: Amplitude }[]): Amplitude | undefined {
  const amplitudes = sources.map(({ amplitude }) => amplitude);
  const [first] = amplitudes;
  if (typeof first === "number" && amplitudes.every((each) => each === first)) return first;
  if (x.operator.name === "concat") {
    if (x.attributes !== 1) return undefined;
    const parts = amplitudes.map((amplitude, i) => {
      const channels = x.inputs[i]!.shape[1]!;
      return typeof amplitude === "number" ? new Float32Array(channels).fill(amplitude) : amplitude;
    });
    return Float32Array.from(parts.flatMap((part) => [...part]));
  }
  const keepsChannels =
    x.operator.name === "avgPool2d" || (x.operator.name === "sum" && x.shape.length === 4);
  const flattens = x.operator.name === "reshape" && sizeOf(x.shape) === x.shape[0]! * x.inputs[0]!.shape[1]!;
  return keepsChannels || flattens ? first : undefined;
}
