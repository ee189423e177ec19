import { StriateError } from "../error.ts";
import { elementCount, formatShape } from "./array.ts";
import { childOf, type Hdf5Group, type NewHdf5Dataset, type NewHdf5Group } from "./hdf5/tree.ts";
import { readHdf5, writeHdf5 } from "./hdf5.ts";
import { checkNirGraph } from "./nir/check.ts";
import { isNirType, nirTypes } from "./nir/fields.ts";
import { readNirMetadata, writeNirMetadata } from "./nir/metadata.ts";
import { readNirFields, storedValue } from "./nir/read-fields.ts";
import { writeNirFields } from "./nir/write-fields.ts";
import type { NirGraph, NirNode } from "./nir-graph.ts";
import { inferShapes, type NirShapes } from "./nir-shapes.ts";

/** A graph and the version of NIR that wrote it; the first writers noted none. */
export interface NirFile extends NirGraph {
  version: string | undefined;
}

/** The version of the Python package whose layout is written. */
const writtenVersion = "1.0.8";

/**
 * Reads a NIR file, versions 0.1 to 1.x: HDF5 as the Python package `nir` writes it. Missing start and reset
 * potentials, input weights and metadata get the package's defaults; numbers other than float32 become float64; a
 * single stride, padding or dilation of a two-dimensional node stands for both. A name with a slash, which the package
 * writes as nested groups and cannot read, is put together again.
 *
 * @param name what error messages call the file.
 * @throws StriateError for what is not NIR, a node that is not known, and graphs and parameters that make no sense.
 */
export async function readNir(bytes: Uint8Array, name: string): Promise<NirFile> {
  const root = await readHdf5(bytes, name);
  const node = childOf(root, "node");
  if (node?.kind !== "group") {
    throw new StriateError(
      `${name}: an HDF5 file without a group 'node', where NIR keeps its graph`,
      "Give a file that nir.write made",
    );
  }
  const version = readVersion(root, name);
  const graph = readNode(node, "", name);
  if (graph.type !== "NIRGraph") {
    throw new StriateError(
      `${name}: holds one ${graph.type}; expected a NIRGraph`,
      "Put the node into a graph",
    );
  }
  checkNirGraph(graph, name);
  return { version, ...graph };
}

/**
 * Writes a NIR file that the Python package opens. A convolution without `inputShape` gets the one that `inferShapes`
 * finds, since the package needs it. The package takes the channels of one group for those of the input: graphs with
 * convolutions in groups it opens with `type_check=False` only.
 *
 * @throws StriateError for a graph that `readNir` would refuse, and for names with a slash.
 */
export async function writeNir(graph: NirGraph): Promise<Uint8Array> {
  checkNirGraph(graph, "nir");
  const complete = lacksInputShape(graph) ? withInputShapes(graph, inferShapes(graph)) : graph;
  const version: NewHdf5Dataset = { kind: "dataset", shape: [], data: [writtenVersion] };
  return writeHdf5({ kind: "group", children: { version, node: writeNode(complete) } });
}

function lacksInputShape({ nodes }: NirGraph): boolean {
  return Object.values(nodes).some((node) => {
    if (node.type === "NIRGraph") return lacksInputShape(node);
    return (node.type === "Conv1d" || node.type === "Conv2d") && node.inputShape === undefined;
  });
}

function withInputShapes(graph: NirGraph, shapes: Record<string, NirShapes>): NirGraph {
  const nodes = Object.entries(graph.nodes).map(([key, node]): [string, NirNode] => {
    const [, ...extents] = shapes[key].input;
    if (node.type === "NIRGraph") return [key, withInputShapes(node, shapes[key].nodes!)];
    if (node.type === "Conv1d") return [key, { ...node, inputShape: extents[0] }];
    if (node.type === "Conv2d") return [key, { ...node, inputShape: [extents[0], extents[1]] }];
    return [key, node];
  });
  return { ...graph, nodes: Object.fromEntries(nodes) };
}

function readVersion(root: Hdf5Group, name: string): string | undefined {
  if (childOf(root, "version") === undefined) return undefined;
  const version = textOf(root, "version", name);
  if (!/^[01](\.|$)/.test(version)) {
    throw new StriateError(
      `${name}: written by NIR version ${JSON.stringify(version)}; expected 0.1 to 1.x`,
      "Write the file with version 1 of the nir package",
    );
  }
  return version;
}

function readNode(group: Hdf5Group, path: string, name: string): NirNode {
  const where = path === "" ? `${name}: the graph` : `${name}: node '${path}'`;
  const type = textOf(group, "type", where);
  if (!isNirType(type)) {
    throw new StriateError(
      `${where} is of the type ${JSON.stringify(type)}; known are ${nirTypes.join(", ")}`,
      "Express it with these nodes",
    );
  }
  const about = childOf(group, "metadata");
  const metadata = about?.kind === "group" ? readNirMetadata(about, `${where}, metadata`) : {};
  if (type === "NIRGraph") return { ...readGraph(group, path, name, where), metadata };
  return { type, ...readNirFields(group, type, `${where} (${type})`), metadata } as NirNode;
}

function readGraph(group: Hdf5Group, path: string, name: string, where: string): Omit<NirGraph, "metadata"> {
  const nodes = childOf(group, "nodes");
  if (nodes?.kind !== "group") {
    throw new StriateError(`${where} has no group 'nodes'`, "Write the file with the nir package");
  }
  const prefix = path === "" ? "" : `${path}/`;
  const entries = nodeGroups(nodes, "").map(([key, node]): [string, NirNode] => [
    key,
    readNode(node, prefix + key, name),
  ]);
  return { type: "NIRGraph", nodes: Object.fromEntries(entries), edges: readEdges(group, where) };
}

/** Groups that describe a node, by name; one that only holds groups is the first part of names with a slash. */
function nodeGroups(group: Hdf5Group, prefix: string): [string, Hdf5Group][] {
  return Object.entries(group.children).flatMap(([key, child]): [string, Hdf5Group][] => {
    if (child.kind !== "group") return [];
    const children = Object.values(child.children);
    const isPart = children.length > 0 && children.every(({ kind }) => kind === "group");
    return isPart ? nodeGroups(child, `${prefix}${key}/`) : [[prefix + key, child]];
  });
}

function readEdges(group: Hdf5Group, where: string): [string, string][] {
  const { shape, data } = storedValue(group, "edges", where);
  if (elementCount(shape) === 0) return [];
  if (!Array.isArray(data) || shape.length !== 2 || shape[1] !== 2) {
    throw new StriateError(
      `${where}: 'edges' is ${formatShape(shape)}; expected pairs of names, N × 2 of text`,
      "Write the file with the nir package",
    );
  }
  return Array.from({ length: shape[0] }, (_, edge) => [data[2 * edge], data[2 * edge + 1]]);
}

/** As `readNode` reads it. */
function writeNode(node: NirNode): NewHdf5Group {
  const type: NewHdf5Dataset = { kind: "dataset", shape: [], data: [node.type] };
  const content = node.type === "NIRGraph" ? writeGraph(node) : writeNirFields(node);
  const children: NewHdf5Group["children"] = { type, ...content };
  if (Object.keys(node.metadata).length === 0) return { kind: "group", children };
  return { kind: "group", children: { ...children, metadata: writeNirMetadata(node.metadata) } };
}

function writeGraph({ nodes, edges }: NirGraph): NewHdf5Group["children"] {
  const entries = Object.entries(nodes).map(([key, node]) => [key, writeNode(node)]);
  return {
    nodes: { kind: "group", children: Object.fromEntries(entries) },
    edges: { kind: "dataset", shape: [edges.length, 2], data: edges.flat() },
  };
}

function textOf(group: Hdf5Group, field: string, where: string): string {
  const { shape, data } = storedValue(group, field, where);
  if (shape.length === 0 && Array.isArray(data)) return data[0];
  throw new StriateError(`${where}: '${field}' is no text`, "Write the file with the nir package");
}
