import { StriateError } from "../../error.ts";
import type { SensorSize } from "../../formats/events/packet.ts";
import { readNirFile } from "../../formats/index.node.ts";
import { nodeShapes } from "../../spiking/dense/index.ts";
import { nodesOf, type SpikingGraph } from "../../spiking/graph/index.ts";
import { spikingGraphFromNir } from "../../spiking/index.ts";
import type { ReadoutKind } from "../../spiking/readout.ts";
import { sizeOf } from "../../tensor/index.ts";
import { spikingModelOf } from "../export.ts";
import { loadAnyModel } from "../model-path.node.ts";

/** A spiking network that takes events: its graph, and what is needed to feed it and to read it. */
export interface EventNetwork {
  readonly graph: SpikingGraph;
  readonly input: SensorSize;
  readonly output: string;
  readonly classes: number;
  readonly classNames?: readonly string[] | undefined;
  readonly readout: ReadoutKind;
  /** How the network's own pixels are scaled, where it was trained on images of 0 to 255. */
  readonly scale?: { readonly mean: readonly number[]; readonly deviation: readonly number[] };
  /** What a person is to be told of how the file was taken. */
  readonly notes: readonly string[];
}

/**
 * Reads a network for a stream: a .nir file, a spiking model or a run.
 *
 * @param window microseconds of a time step.
 * @param timeStep seconds that a step of a NIR network is to have, if not those of the file.
 * @throws StriateError for a network whose input is not (2, height, width).
 */
export async function loadEventNetwork(
  path: string,
  window: number,
  timeStep?: number,
): Promise<EventNetwork> {
  if (!path.endsWith(".nir")) {
    const { model } = await loadAnyModel(path);
    const { graph, description } = await spikingModelOf(model);
    const { readout, scale, classNames } = description;
    return { ...describe(graph, path), readout, scale, classNames, notes: [] };
  }
  const nir = await readNirFile(path);
  const notes: string[] = [];
  let dt = timeStep;
  if (dt === undefined && typeof nir.metadata.dt !== "number") {
    // Whether a graph has time constants is seen once it is taken; their time step may be any until then.
    const timed = spikingGraphFromNir(nir, { timeStep: 1 }).nodes.some(
      ({ operation }) => operation.type === "neuron" && operation.membrane.kind !== "integrator",
    );
    dt = timed ? window / 1e6 : 1;
    notes.push(
      timed
        ? `a time step is ${dt} s, as long as a window`
        : "a time step is 1, as integrate-and-fire networks of sinabs and Norse mean it; --time-step says otherwise",
    );
  }
  const graph = spikingGraphFromNir(nir, { timeStep: dt });
  return { ...describe(graph, path), readout: "current", notes };
}

function describe(
  graph: SpikingGraph,
  path: string,
): Pick<EventNetwork, "graph" | "input" | "output" | "classes"> {
  const inputs = nodesOf(graph, "input");
  const outputs = nodesOf(graph, "output");
  const shape = inputs[0]?.operation.type === "input" ? inputs[0].operation.shape : [];
  if (inputs.length !== 1 || outputs.length !== 1 || shape.length !== 3 || shape[0] !== 2) {
    throw new StriateError(
      `${path}: the network takes (${inputs.map(() => shape.join(", ")).join("; ")}); events need one input (2, height, width) and one output`,
      "Give a network that was made for an event camera",
    );
  }
  const output = outputs[0]!.name;
  return {
    graph,
    input: { height: shape[1]!, width: shape[2]! },
    output,
    classes: sizeOf(nodeShapes(graph).get(output)!),
  };
}
