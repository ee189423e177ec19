import { StriateError } from "../../error.ts";
import type { NirNode } from "../../formats/nir-graph.ts";
import { nodeShapes } from "../dense/index.ts";
import type { SpikingGraph, SpikingNode } from "../graph/index.ts";
import { Remarks } from "./remarks.ts";

/** What a node is in the file. */
export type Written =
  /** Nodes one after the other, which take the outputs of these nodes of the graph, or of the node's own inputs. */
  | { readonly chain: readonly NirNode[]; readonly inputs?: readonly string[] }
  /** One node for each input, summed. */
  | { readonly branches: readonly NirNode[] }
  /** Nothing: what it takes passes unchanged, or it is part of a later node. */
  | "passes"
  | "absorbed";

/** The graph that is being written. */
export class ExportContext {
  readonly remarks = new Remarks();
  private readonly shapes: ReadonlyMap<string, readonly number[]>;
  private readonly byName: ReadonlyMap<string, SpikingNode>;
  private readonly users = new Map<string, SpikingNode[]>();

  constructor(graph: SpikingGraph) {
    this.shapes = nodeShapes(graph);
    this.byName = new Map(graph.nodes.map((node) => [node.name, node]));
    for (const node of graph.nodes) {
      for (const source of new Set(node.inputs)) {
        this.users.set(source, [...(this.users.get(source) ?? []), node]);
      }
    }
  }

  nodeOf(name: string): SpikingNode {
    return this.byName.get(name)!;
  }

  /** Of one step's output, without the batch axis. */
  shapeOf(name: string): readonly number[] {
    return this.shapes.get(name)!;
  }

  usersOf(name: string): readonly SpikingNode[] {
    return this.users.get(name) ?? [];
  }

  refusal({ name, operation }: SpikingNode, why: string): StriateError {
    return new StriateError(
      `the ${operation.type} "${name}" cannot be written as NIR: ${why}`,
      "Export the network as ONNX, or change this layer and convert again",
    );
  }
}
