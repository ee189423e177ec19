import { StriateError } from "../../error.ts";
import type { NumericArray } from "../array.ts";
import type { OnnxAttribute, OnnxGraph, OnnxGraphNode } from "../onnx-graph.ts";
import { readAttribute } from "./attribute.ts";
import type { ReadExternal } from "./external.ts";
import { type GraphMessage, type NodeMessage, quoted } from "./messages.ts";
import { evaluationOrder } from "./order.ts";
import { readPort } from "./port.ts";
import { readTensor } from "./tensor.ts";

/** What the graphs of one file have in common. */
export interface GraphSource {
  readonly opsets: Readonly<Record<string, number>>;
  readonly external?: ReadExternal;
}

/** The values that a graph takes from the one around it, each with what takes it. */
export type FreeValues = ReadonlyMap<string, string>;

interface ReadNode {
  readonly node: OnnxGraphNode;
  /** What the graphs in its attributes take from this graph or those around it. */
  readonly captured: FreeValues;
}

/**
 * A graph with its nodes in an order in which they can be evaluated.
 *
 * @param where what error messages call the graph, with the file's name.
 * @throws StriateError for a value that is given twice, for nodes that wait for each other, and all that is broken.
 */
export function readGraph(
  message: GraphMessage,
  where: string,
  source: GraphSource,
): { graph: OnnxGraph; free: FreeValues } {
  if (message.sparseInitializer !== undefined)
    throw new StriateError(
      `${where}: some weights are sparse (sparse_initializer)`,
      "Export the network with dense weights",
    );
  const given = new Set<string>();
  const add = (name: string) => {
    if (given.has(name))
      throw new StriateError(`${where}: two values are called ${quoted(name)}`, "Save it again");
    given.add(name);
  };
  const initializers = readInitializers(message, where, source, add);
  const ports = (message.input ?? []).map((input) => readPort(input, `${where}: an input`));
  const inputs = ports.filter(({ name }) => !Object.hasOwn(initializers, name));
  for (const { name } of inputs) add(name);
  const unordered = readNodes(message.node ?? [], where, source);
  for (const { node } of unordered) for (const name of node.outputs) if (name !== "") add(name);
  const outputs = (message.output ?? []).map((output) => readPort(output, `${where}: an output`));

  const free = new Map<string, string>();
  const take = (name: string, taker: string) => {
    if (name !== "" && !given.has(name) && !free.has(name)) free.set(name, taker);
  };
  for (const { node, captured } of unordered) {
    for (const name of node.inputs) take(name, `node ${quoted(node.name)}`);
    for (const [name, taker] of captured) take(name, taker);
  }
  for (const { name } of outputs) take(name, "an output of the graph");
  const nodes = inOrder(unordered, where);
  return { graph: { name: message.name ?? "", nodes, initializers, inputs, outputs }, free };
}

function readInitializers(
  { initializer = [] }: GraphMessage,
  where: string,
  { external }: GraphSource,
  add: (name: string) => void,
): Record<string, NumericArray> {
  const entries = initializer.map((tensor, index): [string, NumericArray] => {
    const { name = "" } = tensor;
    if (name === "")
      throw new StriateError(`${where}: initializer ${index} has no name`, "Save the model again");
    add(name);
    return [name, readTensor(tensor, `${where}: initializer ${quoted(name)}`, external)];
  });
  return Object.fromEntries(entries);
}

function inOrder(nodes: readonly ReadNode[], where: string): OnnxGraphNode[] {
  const order = evaluationOrder(
    nodes.map(({ node: { inputs, outputs }, captured }) => ({
      inputs: captured.size === 0 ? inputs : [...inputs, ...captured.keys()],
      outputs,
    })),
  );
  if ("cycle" in order)
    throw new StriateError(
      `${where}: node ${quoted(nodes[order.cycle].node.name)} waits for its own output`,
      "ONNX graphs have no cycles: export recurrence with Loop or Scan, or unrolled",
    );
  return order.map((index) => nodes[index].node);
}

function readNodes(messages: readonly NodeMessage[], where: string, source: GraphSource): ReadNode[] {
  const names = uniqueNames(messages);
  return messages.map((message, index) => {
    const { opType: type = "", input = [], output = [] } = message;
    const name = names[index];
    const domain = standardDomain(message.domain);
    const here = `${where}: node ${quoted(name)}`;
    if (type === "") throw new StriateError(`${here} has no operator`, "Save the model again");
    if (!Object.hasOwn(source.opsets, domain))
      throw new StriateError(
        `${here} is a ${quoted(type)} of the operator set ${quoted(domain || "ai.onnx")}, of which the file says no version (opset_import)`,
        "Save the model again",
      );
    const captured = new Map<string, string>();
    const attributes = readAttributes(message, here, source, captured);
    return { node: { name, type, domain, inputs: input, outputs: output, attributes }, captured };
  });
}

/** "ai.onnx" is another name of the standard's own domain, "". */
export function standardDomain(domain = ""): string {
  return domain === "ai.onnx" ? "" : domain;
}

function readAttributes(
  { attribute = [] }: NodeMessage,
  node: string,
  source: GraphSource,
  captured: Map<string, string>,
): Record<string, OnnxAttribute> {
  const entries = new Map<string, OnnxAttribute>();
  for (const message of attribute) {
    const { name = "" } = message;
    const here = `${node}, attribute ${quoted(name)}`;
    if (name === "" || entries.has(name))
      throw new StriateError(
        `${here} is ${name === "" ? "without a name" : "there twice"}`,
        "Save the model again",
      );
    const value = readAttribute(message, here, {
      tensor: (tensor, where) => readTensor(tensor, where, source.external),
      graph: (graph, where) => {
        const inner = readGraph(graph, where, source);
        for (const [value, taker] of inner.free) captured.set(value, taker);
        return inner.graph;
      },
    });
    entries.set(name, value);
  }
  return Object.fromEntries(entries);
}

/** The nodes' own names; a name that is missing or used before is made of the operator, or the name, and a number. */
function uniqueNames(messages: readonly NodeMessage[]): string[] {
  const taken = new Set(messages.map(({ name = "" }) => name));
  const used = new Set<string>();
  const next = new Map<string, number>();
  return messages.map(({ name = "", opType = "node" }, index) => {
    if (name !== "" && !used.has(name)) {
      used.add(name);
      return name;
    }
    const stem = name || opType;
    let number = Math.max(name === "" ? index : 2, next.get(stem) ?? 0);
    while (taken.has(`${stem}_${number}`)) number++;
    next.set(stem, number + 1);
    taken.add(`${stem}_${number}`);
    return `${stem}_${number}`;
  });
}
