import { evaluateNode, inputsOf } from "./evaluate.ts";
import type { HostArray } from "./host-array.ts";
import type { OperatorNode } from "./operator-call.ts";
import { isSignal } from "./value.ts";

/** Nodes whose inputs are not all constants, and the constants: those given and those that follow from them. */
export interface FoldedGraph {
  readonly nodes: readonly OperatorNode[];
  readonly constants: ReadonlyMap<string, HostArray>;
}

/** Evaluates the nodes that depend on constants alone. */
export function foldConstants(
  nodes: readonly OperatorNode[],
  opset: number,
  initializers: ReadonlyMap<string, HostArray>,
): FoldedGraph {
  const constants = new Map(initializers);
  const rest = nodes.filter((node) => {
    if (!node.inputs.every((name) => name === "" || constants.has(name))) return true;
    const outputs = evaluateNode(node, opset, inputsOf(node, constants));
    if (outputs.some((value) => value !== undefined && isSignal(value))) return true;
    for (const [i, name] of node.outputs.entries()) {
      if (outputs[i] !== undefined) constants.set(name, outputs[i] as HostArray);
    }
    return false;
  });
  return { nodes: rest, constants };
}

/** The nodes that `outputs` depend on, in the given order. */
export function neededNodes(nodes: readonly OperatorNode[], outputs: readonly string[]): OperatorNode[] {
  const needed = new Set(outputs);
  const kept: OperatorNode[] = [];
  for (const node of nodes.toReversed()) {
    if (!node.outputs.some((name) => needed.has(name))) continue;
    for (const name of node.inputs) needed.add(name);
    kept.unshift(node);
  }
  return kept;
}
