import { StriateError } from "../../error.ts";
import { sizeOf } from "../../tensor/index.ts";
import { nodeShapes } from "../dense/index.ts";
import {
  type DelayNode,
  type MaxPoolNode,
  type NeuronNode,
  type SpikingGraph,
  type SpikingNode,
  schedule,
  type ThresholdNode,
} from "../graph/index.ts";
import { broadcastNumbers } from "./layout.ts";
import { applyToConstant, extend, type LinearMap, poolThenConvolution, type Step } from "./linear-map.ts";

/** Units that put out events, or whose values are wanted. */
export interface PlannedPopulation {
  /** That of the node whose values it has; what a gated maximum counts has one of its own. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly role: Role;
  readonly terms: readonly Term[];
  /** What its current begins with: one number for each unit, channels first. */
  readonly bias?: Float32Array | undefined;
}

export type Role =
  | { readonly kind: "input" | "relay" | "counter" }
  | { readonly kind: "neurons"; readonly node: NeuronNode }
  | { readonly kind: "threshold"; readonly node: ThresholdNode }
  /** Values that have waited for one step already where `waited` is 1. */
  | { readonly kind: "delay"; readonly node: DelayNode; readonly waited: number }
  | { readonly kind: "maximum"; readonly node: MaxPoolNode; readonly counter: string };

/** Events of a population on their way to another. */
export interface Term {
  /** The population's name. */
  readonly source: string;
  /** True where they are those of the step before. */
  readonly isLate: boolean;
  readonly map: LinearMap;
  /** The pool that `map` is, where it is one. */
  readonly pool?: Step | undefined;
}

export interface Plan {
  /** In order of evaluation. */
  readonly populations: readonly PlannedPopulation[];
  /** Of each node that was wanted: the population that has its values, and their shape. */
  readonly wanted: ReadonlyMap<string, { readonly population: string; readonly shape: readonly number[] }>;
  readonly isRecurrent: boolean;
}

/** A node's value: a sum of mapped events, and a constant. */
interface Expression {
  readonly terms: readonly Term[];
  readonly bias?: Float32Array | undefined;
}

/**
 * Brings a graph into populations and the synapses between them: weights, pooling and moves of values on the way from one
 * population to the next become one convolution, linear layer, or list of connections. Where they are none of these,
 * the values between them become a population that puts out what it takes in.
 *
 * @param wanted nodes whose values are to be recorded
 */
export function planEvents(graph: SpikingGraph, wanted: readonly string[]): Plan {
  return new Planner(graph).plan(wanted);
}

class Planner {
  private readonly graph: SpikingGraph;
  private readonly shapes: ReadonlyMap<string, readonly number[]>;
  private readonly populations = new Map<string, PlannedPopulation>();
  private readonly expressions = new Map<string, Expression>();

  constructor(graph: SpikingGraph) {
    this.graph = graph;
    this.shapes = nodeShapes(graph);
  }

  plan(wanted: readonly string[]): Plan {
    for (const name of wanted) {
      if (!this.shapes.has(name)) throw new StriateError(`the graph has no node "${name}" to record`);
    }
    const { order, recurrent } = schedule(this.graph);
    const kept = new Set([...recurrent.values()].flatMap((sources) => [...sources]));
    const found = new Map<string, { population: string; shape: readonly number[] }>();
    for (const node of order) {
      const back = recurrent.get(node.name);
      const inputs = node.inputs.map(
        (name): Expression => (back?.has(name) ? { terms: [from(name, true)] } : this.expressions.get(name)!),
      );
      const waited = node.inputs.length > 0 && node.inputs.every((name) => back?.has(name)) ? 1 : 0;
      this.expressions.set(node.name, this.evaluate(node, inputs, waited));
      if (kept.has(node.name)) this.materialise(node.name);
      if (wanted.includes(node.name)) {
        found.set(node.name, { population: this.recordable(node.name), shape: this.shapes.get(node.name)! });
      }
    }
    return { populations: [...this.populations.values()], wanted: found, isRecurrent: recurrent.size > 0 };
  }

  private evaluate({ name, inputs: names, operation }: SpikingNode, inputs: Expression[], waited: number) {
    const role = roleOf(operation, waited);
    if (role !== undefined) return this.populate(name, role, this.sum(inputs, names));
    if (operation.type === "maxPool2d") {
      const shape = this.shapes.get(names[0]!)!;
      const counter = `${name}/counts`;
      this.shapesOfOwn.set(counter, shape);
      this.populate(counter, { kind: "counter" }, this.sum(inputs, names));
      return this.populate(name, { kind: "maximum", node: operation, counter }, { terms: [] });
    }
    let before = 0;
    const parts = inputs.map((input, i) => {
      const own = this.shapes.get(names[i]!)!;
      const step = { operation, from: own, to: this.shapes.get(name)!, before };
      if (operation.type === "concat") before += own[operation.axis]!;
      const part = this.afterStep(input, step) ?? this.afterStep(this.materialise(names[i]!), step);
      if (part !== undefined) return part;
      throw new StriateError(
        `the event engine cannot run "${name}" (${operation.type}) on values of shape (${own})`,
        "Use the dense engine for this network",
      );
    });
    const own = "bias" in operation ? operation.bias : undefined;
    if (own === undefined)
      return this.sum(
        parts,
        parts.map(() => name),
      );
    const shape = this.shapes.get(name)!;
    const aligned = operation.type === "conv2d" ? { ...own, shape: [...own.shape, 1, 1] } : own;
    const numbers = broadcastNumbers(aligned, shape);
    const spread = numbers.length === 1 ? new Float32Array(sizeOf(shape)).fill(numbers[0]!) : numbers;
    return this.sum([...parts, { terms: [], bias: spread }], [...parts.map(() => name), name]);
  }

  /** An expression after a linear operation; undefined where its values have to be there first. */
  private afterStep({ terms, bias }: Expression, step: Step): Expression | undefined {
    const constant = bias && applyToConstant(bias, step);
    if (bias !== undefined && constant === undefined) return undefined;
    const next: Term[] = [];
    for (const term of terms) {
      const joined = term.pool && poolThenConvolution(term.pool, step);
      const map = joined ?? extend(term.map, step, this.shapeOf(term.source));
      if (map === undefined) return undefined;
      const isPool = step.operation.type === "sumPool2d" || step.operation.type === "averagePool2d";
      next.push({ ...term, map, pool: isPool && term.map.kind === "identity" ? step : undefined });
    }
    return { terms: next, bias: constant };
  }

  private readonly shapesOfOwn = new Map<string, readonly number[]>();

  private shapeOf(population: string): readonly number[] {
    return this.shapesOfOwn.get(population) ?? this.shapes.get(population)!;
  }

  private sum(inputs: readonly Expression[], names: readonly string[]): Expression {
    let bias: Float32Array | undefined;
    for (const [i, input] of inputs.entries()) {
      if (input.bias === undefined) continue;
      if (bias === undefined) bias = input.bias.slice();
      else for (let unit = 0; unit < bias.length; unit++) bias[unit]! += input.bias[unit]!;
      if (bias.length !== sizeOf(this.shapes.get(names[i]!)!)) {
        throw new StriateError(`what "${names[i]}" puts out and its bias have different sizes`);
      }
    }
    return { terms: inputs.flatMap(({ terms }) => terms), bias };
  }

  private populate(name: string, role: Role, { terms, bias }: Expression): Expression {
    this.populations.set(name, { name, shape: this.shapeOf(name), role, terms, bias });
    return { terms: [from(name, false)] };
  }

  /** The population that has a node's values: its own, or the one whose values it passes on, as outputs do. */
  private recordable(name: string): string {
    const { terms, bias } = this.expressions.get(name)!;
    const [term, ...others] = terms;
    const isSame = others.length === 0 && bias === undefined && term?.map.kind === "identity" && !term.isLate;
    if (!isSame) {
      this.materialise(name);
      return name;
    }
    if (this.populations.get(term.source)!.role.kind !== "input") return term.source;
    // an input has no values of its own to be recorded
    const relay = `${name}/values`;
    this.shapesOfOwn.set(relay, this.shapeOf(term.source));
    this.populate(relay, { kind: "relay" }, { terms });
    return relay;
  }

  /** Makes a node's values a population, where they are none yet. */
  private materialise(name: string): Expression {
    if (this.populations.has(name)) return { terms: [from(name, false)] };
    const expression = this.populate(name, { kind: "relay" }, this.expressions.get(name)!);
    this.expressions.set(name, expression);
    return expression;
  }
}

const from = (source: string, isLate: boolean): Term => ({ source, isLate, map: { kind: "identity" } });

/** What a node with events of its own is. */
function roleOf(operation: SpikingNode["operation"], waited: number): Role | undefined {
  switch (operation.type) {
    case "input":
      return { kind: "input" };
    case "neuron":
      return { kind: "neurons", node: operation };
    case "threshold":
      return { kind: "threshold", node: operation };
    case "delay":
      return { kind: "delay", node: operation, waited };
    default:
      return undefined;
  }
}
