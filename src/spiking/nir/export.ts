import { StriateError } from "../../error.ts";
import type { NirGraph, NirMetadata, NirNode } from "../../formats/nir-graph.ts";
import { type SpikingGraph, type SpikingNode, schedule } from "../graph/index.ts";
import { ExportContext } from "./export-context.ts";
import { spread } from "./export-neuron.ts";
import { nirNodesOf } from "./export-node.ts";
import { float32 } from "./kernels.ts";

export interface NirExport {
  readonly nir: NirGraph;
  /** What NIR does not say of this graph and other tools will do differently, for people to read. */
  readonly warnings: readonly string[];
}

/**
 * The NIR graph of a spiking graph. Operations that NIR lacks are written as weights of its own primitives, without loss;
 * what its neurons cannot say is noted in the metadata and in a warning. Slashes in names become points.
 *
 * @throws StriateError, naming the node, for signed neurons, gated max-pooling, and moves of values that no primitive does.
 */
export function nirFromSpikingGraph(graph: SpikingGraph): NirExport {
  return new Exporter(graph).export();
}

/** How a node is joined to others. */
interface Ports {
  /** Which node of the file takes the output of each source. */
  readonly takes: readonly { readonly source: string; readonly into: string }[];
  /** The nodes of the file whose sum is its output. */
  readonly exits: readonly string[];
  /** Nodes of the graph whose outputs it passes unchanged. */
  readonly passes: readonly string[];
}

class Exporter {
  private readonly graph: SpikingGraph;
  private readonly context: ExportContext;
  private readonly ports = new Map<string, Ports>();
  private readonly nodes = new Map<string, NirNode>();
  private readonly edges: [string, string][] = [];

  constructor(graph: SpikingGraph) {
    this.graph = graph;
    this.context = new ExportContext(graph);
  }

  export(): NirExport {
    for (const node of schedule(this.graph).order) this.ports.set(node.name, this.write(node));
    for (const { takes } of this.ports.values()) this.connect(takes);
    const { timeStep, metadata } = this.graph;
    const noted: NirMetadata = { dt: timeStep };
    if (Object.keys(metadata).length > 0) noted.striate = JSON.stringify(metadata);
    return {
      nir: { type: "NIRGraph", nodes: Object.fromEntries(this.nodes), edges: this.edges, metadata: noted },
      warnings: [
        ...this.context.remarks.warnings(),
        `a time step is ${timeStep} s; NIR has no time step, and other tools take their own. Noted in the metadata as dt`,
      ],
    };
  }

  private write(node: SpikingNode): Ports {
    const { name, inputs } = node;
    const written = nirNodesOf(node, this.context);
    if (written === "absorbed") return { takes: [], exits: [], passes: [] };
    if (written === "passes") return { takes: [], exits: [], passes: inputs };
    if ("branches" in written) {
      const names = written.branches.map((branch) => this.add(name, branch));
      const takes = inputs.map((source, i) => ({ source, into: names[i]! }));
      return { takes, exits: names, passes: [] };
    }
    const last = this.add(name, written.chain.at(-1)!);
    const before = written.chain.slice(0, -1).map((each) => this.add(`${name}.${each.type}`, each));
    const names = [...before, last];
    for (const [i, from] of before.entries()) this.edges.push([from, names[i + 1]!]);
    const takes = (written.inputs ?? inputs).map((source) => ({ source, into: names[0]! }));
    return { takes, exits: [last], passes: [] };
  }

  private add(name: string, node: NirNode): string {
    const plain = name.replaceAll("/", ".");
    let unique = plain;
    for (let number = 2; this.nodes.has(unique); number++) unique = `${plain}_${number}`;
    this.nodes.set(unique, node);
    return unique;
  }

  /** NIR has every edge once: what comes several times goes through a Scale. */
  private connect(takes: Ports["takes"]): void {
    const edges = new Map<string, { from: string; into: string; source: string; times: number }>();
    for (const { source, into } of takes) {
      for (const from of this.exitsOf(source, [])) {
        const key = JSON.stringify([from, into]);
        edges.set(key, { from, into, source, times: 1 + (edges.get(key)?.times ?? 0) });
      }
    }
    for (const { from, into, source, times } of edges.values()) {
      if (times === 1) {
        this.edges.push([from, into]);
        continue;
      }
      const shape = this.context.shapeOf(source);
      const scale = float32(shape, spread({ shape: [], data: Float32Array.of(times) }, shape));
      const scaled = this.add(`${from}.times${times}`, { type: "Scale", scale, metadata: {} });
      this.edges.push([from, scaled], [scaled, into]);
    }
  }

  private exitsOf(name: string, seen: readonly string[]): readonly string[] {
    const { exits, passes } = this.ports.get(name)!;
    if (seen.includes(name)) {
      throw new StriateError(
        `the node "${name}" feeds itself, and nothing on the way does anything`,
        "Leave out the edge that closes the circle",
      );
    }
    return [...exits, ...passes.flatMap((source) => this.exitsOf(source, [...seen, name]))];
  }
}
