import { elementCount, formatShape } from "../array.ts";
import type { Description } from "../describe.ts";
import { onnxFileOf } from "../onnx.ts";
import type { OnnxAttribute, OnnxGraph, OnnxGraphNode, OnnxPort } from "../onnx-graph.ts";
import { describeExtents, drawnNodes } from "./drawing.ts";
import type { ReadExternal } from "./external.ts";
import { decodeModel } from "./messages.ts";
import { readPort } from "./port.ts";

/** What `striate info` says of an .onnx file: its header, a table of its nodes, and the graph to draw. */
export async function describeOnnx(
  bytes: Uint8Array,
  name: string,
  external?: ReadExternal,
): Promise<Description> {
  const model = decodeModel(bytes, name);
  const file = onnxFileOf(model, name, external);
  const { nodes, initializers, inputs, outputs } = file.graph;
  const stated = (model.graph?.valueInfo ?? []).map((value) => readPort(value, `${name}: a value`));
  const values = [...stated, ...inputs, ...outputs];
  const arrays = Object.entries(initializers).map(([key, { shape, dtype }]) => ({ name: key, shape, dtype }));
  const parameters = arrays.filter(({ dtype }) => dtype !== "int64");
  const count = parameters.reduce((sum, { shape }) => sum + elementCount(shape), 0);
  const operators = countOperators(nodes);
  const opsets = Object.entries(file.opsets).map(([domain, version]) => `${domain || "ai.onnx"} ${version}`);
  return {
    format: "onnx",
    rows: [
      { name: "format", value: "ONNX" },
      { name: "IR version", value: String(file.irVersion) },
      { name: "producer", value: file.producer || "unknown" },
      { name: "operator sets", value: opsets.join(", ") },
      ...Object.entries(file.metadata).map(([key, value]) => ({ name: `metadata ${key}`, value })),
      ...inputs.map((port) => ({ name: `input ${port.name}`, value: describePort(port) })),
      ...outputs.map((port) => ({ name: `output ${port.name}`, value: describePort(port) })),
      { name: "parameters", value: `${count.toLocaleString("en")} in ${parameters.length} arrays` },
      { name: "nodes", value: String(nodes.length) },
      ...Object.entries(operators).map(([type, times]) => ({ name: `  ${type}`, value: String(times) })),
      { name: "bytes", value: String(bytes.length) },
    ],
    table: nodeTable(file.graph, stated.length > 0 ? values : []),
    graph: drawnNodes(file.graph),
    json: {
      format: "onnx",
      irVersion: file.irVersion,
      producer: file.producer,
      opsets: file.opsets,
      metadata: file.metadata,
      inputs,
      outputs,
      parameters: count,
      operators,
      nodes: nodes.map((node) => ({ ...node, attributes: plainAttributes(node) })),
      initializers: arrays,
      values,
      bytes: bytes.length,
    },
  };
}

/** How often each operator occurs, the most frequent first. */
function countOperators(nodes: readonly OnnxGraphNode[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const { type } of nodes) counts.set(type, (counts.get(type) ?? 0) + 1);
  return Object.fromEntries([...counts].sort((a, b) => b[1] - a[1]));
}

function describePort({ shape, dtype }: OnnxPort): string {
  return `${describeExtents(shape) ?? "unknown shape"} ${dtype}`;
}

/** A row for each node; with the shape of its output where the file states shapes of values between nodes. */
function nodeTable({ nodes, initializers }: OnnxGraph, stated: readonly OnnxPort[]): Description["table"] {
  const shapes = new Map(stated.map(({ name, shape }) => [name, describeExtents(shape)]));
  const rows = nodes.map((node) => {
    const parameters = node.inputs.filter((input) => Object.hasOwn(initializers, input));
    const settings = Object.entries(plainAttributes(node)).map(
      ([key, value]) => `${key} ${settingText(value)}`,
    );
    return [
      node.name,
      node.type,
      parameters.map((input) => formatShape(initializers[input].shape)).join("; "),
      settings.join(", "),
      shapes.get(node.outputs[0] ?? "") ?? "?",
    ];
  });
  const headers = ["node", "operator", "parameters", "settings", "output"];
  const columns = stated.length > 0 ? 5 : 4;
  return { headers: headers.slice(0, columns), rows: rows.map((row) => row.slice(0, columns)) };
}

/** A node's attributes as plain JSON: of an array its values if they are few, of a graph how many nodes it has. */
function plainAttributes({
  attributes,
}: OnnxGraphNode): Record<string, number | string | (number | string)[]> {
  const plain = (value: OnnxAttribute) => {
    if (typeof value !== "object" || Array.isArray(value)) return value;
    if ("nodes" in value) return `graph of ${value.nodes.length} nodes`;
    const { data, dtype, shape } = value;
    return `${data.length > 8 ? formatShape(shape) : Array.from<number | bigint>(data).join(" ")} (${dtype})`;
  };
  return Object.fromEntries(Object.entries(attributes).map(([key, value]) => [key, plain(value)]));
}

function settingText(value: number | string | readonly (number | string)[]): string {
  const one = (part: number | string) =>
    typeof part === "number" ? String(Number(part.toPrecision(6))) : part;
  if (typeof value !== "object") return one(value);
  return value.length > 8 ? `${value.slice(0, 8).map(one).join(" ")} …` : value.map(one).join(" ");
}
