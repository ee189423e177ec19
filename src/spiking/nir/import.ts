import { StriateError } from "../../error.ts";
import { checkNirGraph } from "../../formats/nir/check.ts";
import type { NirGraph } from "../../formats/nir-graph.ts";
import { inferShapes } from "../../formats/nir-shapes.ts";
import { type SpikingGraph, type SpikingNode, schedule } from "../graph/index.ts";
import { flatGraph } from "./flat-graph.ts";
import { partsOf } from "./import-node.ts";

export interface NirImportOptions {
  /**
   * Seconds. When absent, what the file notes as `dt`, as those of Striate do; NIR itself has no time step. Tools that
   * add R·I to an IF in every step, whatever the step is, as sinabs and Norse do, mean 1.
   */
  readonly timeStep?: number | undefined;
}

/**
 * The spiking graph of a NIR graph. Nested graphs are laid flat, their nodes named "graph/node"; recurrent edges, nested
 * or not, carry what neurons put out one step before. Neurons fire above the threshold, start at 0 and go to v_reset,
 * unless Striate wrote the graph and noted something else. Parameters become float32.
 *
 * @throws StriateError for a graph that makes no sense, shapes that do not fit, nodes without input, and no time step.
 */
export function spikingGraphFromNir(nir: NirGraph, { timeStep }: NirImportOptions = {}): SpikingGraph {
  checkNirGraph(nir, "nir");
  const dt = timeStep ?? nir.metadata.dt;
  if (typeof dt !== "number" || !(dt > 0 && Number.isFinite(dt))) {
    throw new StriateError(
      dt === undefined
        ? "nir: the graph does not note a time step"
        : `nir: the time step is ${String(dt)}; expected seconds above 0`,
      "Give the time step in seconds: 1e-4 or 1e-3 for most networks with time constants, 1 for networks of IF neurons",
    );
  }
  const nodes = flatGraph(nir, inferShapes(nir)).flatMap(({ path, node, shapes, inputs }) => {
    const isInput = node.type === "Input";
    if (isInput !== (inputs.length === 0)) {
      throw new StriateError(
        `nir: node '${path}' (${node.type}) ${isInput ? `takes '${inputs[0]}'` : "has no input"}`,
        isInput ? "Leave the edge out" : "Connect it, or leave it out",
      );
    }
    const parts = partsOf(path, node, shapes);
    const nameOf = (part: number) => (part === parts.length - 1 ? path : `${path}#${part + 1}`);
    return parts.map(
      ({ operation, shape }, part): SpikingNode => ({
        name: nameOf(part),
        inputs: part === 0 ? inputs : [nameOf(part - 1)],
        operation,
        // That of an Output may have further axes of one.
        ...(node.type !== "Output" && { shape }),
      }),
    );
  });
  const graph = { nodes, timeStep: dt, metadata: metadataOf(nir) };
  schedule(graph);
  return graph;
}

function metadataOf({ metadata: { striate } }: NirGraph): Record<string, unknown> {
  if (typeof striate !== "string") return {};
  try {
    const noted: unknown = JSON.parse(striate);
    if (typeof noted === "object" && noted !== null && !Array.isArray(noted)) {
      return noted as Record<string, unknown>;
    }
  } catch {}
  throw new StriateError(
    "nir: the metadata that Striate noted are not a JSON object",
    "The file is damaged: write it anew, or leave the metadata 'striate' out",
  );
}
