import { type Numbers, type Operation, type SpikingGraph, scalar } from "../../spiking/graph/index.ts";
import type { CapturedNetwork } from "./capture.ts";
import type { Correction } from "./correction.ts";
import { times } from "./synapses.ts";

/**
 * A graph with corrected synapses into each unit: inside the weights and biases of synapses that lead to that unit
 * alone, and in a node of their own elsewhere.
 */
export function correctGraph(
  graph: SpikingGraph,
  { units }: CapturedNetwork,
  corrections: readonly Correction[],
): SpikingGraph {
  const nodes = new Map(graph.nodes.map((node) => [node.name, node]));
  const users = new Map<string, number>();
  for (const name of graph.nodes.flatMap(({ inputs }) => inputs)) users.set(name, (users.get(name) ?? 0) + 1);
  /** Changes the synapses of this name if `change` can and nothing else takes from them. */
  const rewrite = (name: string, change: (operation: Operation) => Operation | undefined): boolean => {
    const node = nodes.get(name)!;
    const operation = users.get(name) === 1 ? change(node.operation) : undefined;
    if (operation !== undefined) nodes.set(name, { ...node, operation });
    return operation !== undefined;
  };
  const insert = (wanted: string, inputs: readonly string[], scale: Numbers, bias?: Numbers): string => {
    let name = wanted;
    for (let number = 2; nodes.has(name); number++) name = `${wanted}#${number}`;
    nodes.set(name, { name, inputs, operation: { type: "scale", scale, bias } });
    users.set(name, 1);
    return name;
  };
  for (const [i, { unit, current }] of units.entries()) {
    const { factors, bias } = corrections[i]!;
    const shape = [current.shape[1]!, ...current.shape.slice(2).map(() => 1)];
    let { inputs } = nodes.get(unit.name)!;
    if (factors !== undefined) {
      inputs = inputs.map((name) =>
        rewrite(name, (operation) => amplified(operation, factors, shape))
          ? name
          : insert(`${name}/factors of ${unit.name}`, [name], { shape, data: factors }),
      );
    }
    if (bias !== undefined && !inputs.some((name) => rewrite(name, (operation) => biased(operation, bias))))
      inputs = [insert(`${unit.name}/bias`, inputs, scalar(1), { shape, data: bias })];
    nodes.set(unit.name, { ...nodes.get(unit.name)!, inputs });
  }
  return { ...graph, nodes: [...nodes.values()] };
}

/** Synapses with the output channels multiplied; undefined where they have no weights to take the factors in. */
function amplified(
  operation: Operation,
  factors: Float32Array,
  shape: readonly number[],
): Operation | undefined {
  const rows = (numbers: Numbers): Numbers => ({
    shape: numbers.shape,
    data: numbers.data.map(
      (value, i) => value * factors[Math.floor((i * factors.length) / numbers.data.length)]!,
    ),
  });
  if (operation.type === "conv2d" || operation.type === "linear")
    return { ...operation, weight: rows(operation.weight), bias: operation.bias && rows(operation.bias) };
  if (operation.type !== "scale" || operation.scale.data.length > 1 || operation.bias !== undefined)
    return undefined;
  return { ...operation, scale: times({ shape, data: factors }, operation.scale.data[0]!) };
}

/** Weighted synapses with a value added for each output channel; undefined for others. */
function biased(operation: Operation, values: Float32Array): Operation | undefined {
  const isWeighted = operation.type === "conv2d" || operation.type === "linear";
  if (!isWeighted || operation.weight.shape[0] !== values.length) return undefined;
  const data = operation.bias?.data.map((value, i) => value + values[i]!) ?? values;
  return { ...operation, bias: { shape: [values.length], data } };
}
