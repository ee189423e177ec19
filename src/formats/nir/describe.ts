import { StriateError } from "../../error.ts";
import { formatShape, type NumericArray } from "../array.ts";
import type { DescribedNode, Description } from "../describe.ts";
import { readNir } from "../nir.ts";
import type { NirGraph, NirMetadata, NirNode } from "../nir-graph.ts";
import { inferShapes, type NirShapes } from "../nir-shapes.ts";
import type { TextArray } from "../npy.ts";
import { describeValues } from "../value-range.ts";
import { isParameter, nirFields } from "./fields.ts";

const neurons: readonly string[] = ["I", "IF", "LI", "LIF", "CubaLI", "CubaLIF"];

/** A node of the graph or of a nested one, by its path. */
interface Placed {
  path: string;
  node: NirNode;
  shapes: NirShapes | undefined;
  /** Paths of the nodes that feed it. */
  inputs: string[];
}

/** What `striate info` says of a NIR file: its header, a table of its nodes, and the graph to draw. */
export async function describeNir(bytes: Uint8Array, name: string): Promise<Description> {
  const file = await readNir(bytes, name);
  const { shapes, fault } = shapesOrFault(file);
  const placed = place(file, shapes, "");
  const arrays = placed.flatMap(({ node }) => parametersOf(node));
  const parameters = arrays.reduce((sum, [, { data }]) => sum + data.length, 0);
  const population = placed
    .filter(({ node }) => neurons.includes(node.type))
    .reduce((sum, { node }) => sum + (node as { r: NumericArray }).r.data.length, 0);
  const ports = (type: "Input" | "Output") =>
    Object.entries(file.nodes).flatMap(([key, node]) =>
      node.type === type ? [{ name: key, shape: node.shape }] : [],
    );
  const metadata = flatMetadata(file.metadata, "");
  const edges = placed.reduce((sum, { inputs }) => sum + inputs.length, 0);
  const shapeRows = fault === undefined ? [] : [{ name: "shapes", value: fault }];
  return {
    format: "hdf5",
    rows: [
      { name: "format", value: "NIR (HDF5)" },
      { name: "version", value: file.version ?? "not stated" },
      ...metadata.map(([key, value]) => ({ name: `metadata ${key}`, value })),
      ...ports("Input").map((port) => ({ name: `input ${port.name}`, value: formatShape(port.shape) })),
      ...ports("Output").map((port) => ({ name: `output ${port.name}`, value: formatShape(port.shape) })),
      { name: "neurons", value: population.toLocaleString("en") },
      { name: "parameters", value: `${parameters.toLocaleString("en")} in ${arrays.length} arrays` },
      { name: "nodes", value: String(placed.length) },
      { name: "edges", value: String(edges) },
      ...shapeRows,
      { name: "bytes", value: String(bytes.length) },
    ],
    table: {
      headers: ["node", "type", "takes", "gives", "parameters", "fed by"],
      rows: placed.map(({ path, node, shapes: own, inputs }) => [
        path,
        node.type,
        own === undefined ? "?" : formatShape(own.input),
        own === undefined ? "?" : formatShape(own.output),
        [...parametersOf(node).map(([key, array]) => `${key} ${range(array)}`), ...settingsOf(node)].join(
          ", ",
        ),
        inputs.join(", "),
      ]),
    },
    graph: placed.map(drawn),
    json: {
      format: "nir",
      version: file.version ?? null,
      metadata: Object.fromEntries(metadata),
      inputs: ports("Input"),
      outputs: ports("Output"),
      neurons: population,
      parameters,
      shapes: fault ?? "consistent",
      nodes: placed.map(({ path, node, shapes: own, inputs }) => ({
        name: path,
        type: node.type,
        input: own?.input ?? null,
        output: own?.output ?? null,
        parameters: Object.fromEntries(
          parametersOf(node).map(([key, { shape, dtype, data }]) => [
            key,
            { shape, dtype, ...describeValues(data).json },
          ]),
        ),
        settings: Object.fromEntries(settings(node)),
        metadata: Object.fromEntries(flatMetadata(node.metadata, "")),
        inputs,
      })),
      bytes: bytes.length,
    },
  };
}

function shapesOrFault(graph: NirGraph): { shapes?: Record<string, NirShapes>; fault?: string } {
  try {
    return { shapes: inferShapes(graph) };
  } catch (error) {
    if (error instanceof StriateError) return { fault: error.message };
    throw error;
  }
}

/** The nodes along the edges from the inputs, nested graphs opened up. */
function place(graph: NirGraph, shapes: Record<string, NirShapes> | undefined, prefix: string): Placed[] {
  const port = (key: string, type: "Input" | "Output"): string => {
    const node = graph.nodes[key];
    if (node.type !== "NIRGraph") return prefix + key;
    return `${prefix}${key}/${Object.keys(node.nodes).find((name) => node.nodes[name].type === type)}`;
  };
  const fedBy = (key: string) =>
    graph.edges.filter(([, target]) => target === key).map(([source]) => port(source, "Output"));
  return alongEdges(graph).flatMap((key) => {
    const node = graph.nodes[key];
    const own = shapes?.[key];
    if (node.type !== "NIRGraph") return [{ path: prefix + key, node, shapes: own, inputs: fedBy(key) }];
    const entry = port(key, "Input");
    const nested = place(node, own?.nodes, `${prefix}${key}/`);
    for (const one of nested) if (one.path === entry) one.inputs.push(...fedBy(key));
    return nested;
  });
}

/** Breadth first from the Inputs; then what they do not reach. */
function alongEdges({ nodes, edges }: NirGraph): string[] {
  const order = new Set(Object.keys(nodes).filter((key) => nodes[key].type === "Input"));
  for (const reached of order) {
    for (const [source, target] of edges) if (source === reached) order.add(target);
  }
  for (const key of Object.keys(nodes)) order.add(key);
  return [...order];
}

function drawn({ path, node, shapes, inputs }: Placed): DescribedNode {
  const detail = shapes === undefined ? undefined : formatShape(shapes.output);
  return { name: path, type: node.type, role: roleOf(node), detail, inputs };
}

function roleOf({ type }: NirNode): DescribedNode["role"] {
  if (type === "Input" || type === "Output") return "port";
  if (neurons.includes(type) || type === "Threshold") return "activation";
  return ["Affine", "Linear", "Conv1d", "Conv2d"].includes(type) ? "linear" : "other";
}

function fieldsOf(node: NirNode, parameters: boolean): [string, unknown][] {
  if (node.type === "NIRGraph") return [];
  const values = node as unknown as Record<string, unknown>;
  return Object.entries(nirFields[node.type])
    .filter(([key, { kind }]) => isParameter(kind) === parameters && values[key] !== undefined)
    .map(([key]) => [key, values[key]]);
}

const parametersOf = (node: NirNode) => fieldsOf(node, true) as [string, NumericArray][];

/** Shapes stand in columns of their own. */
const settings = (node: NirNode): [string, unknown][] =>
  fieldsOf(node, false).filter(([key]) => !["shape", "inputShape", "inputType"].includes(key));

const settingsOf = (node: NirNode): string[] =>
  settings(node).map(([key, value]) => `${key} ${[value].flat().join(" ")}`);

/** `0.0025` where all are the same, else the shape and the range. */
function range({ shape, data }: NumericArray): string {
  const { smallest, largest } = describeValues(data).json;
  const short = (value: unknown) => String(Number(Number(value).toPrecision(4)));
  if (smallest === null) return formatShape(shape);
  return smallest === largest
    ? short(smallest)
    : `${formatShape(shape)} in ${short(smallest)} … ${short(largest)}`;
}

function flatMetadata(metadata: NirMetadata, prefix: string): [string, string][] {
  return Object.entries(metadata).flatMap(([key, value]): [string, string][] => {
    if (typeof value !== "object") return [[prefix + key, String(value)]];
    if (!isArray(value)) return flatMetadata(value, `${prefix}${key}/`);
    const list = Array.from(value.data as ArrayLike<unknown>, String);
    return [[prefix + key, list.length > 8 ? `${formatShape(value.shape)} ${value.dtype}` : list.join(", ")]];
  });
}

const isArray = (value: NirMetadata | NumericArray | TextArray): value is NumericArray | TextArray =>
  Array.isArray(value.shape);
