import * as z from "zod";
import { StriateError } from "../error.ts";
import {
  decodeSpikingGraph,
  encodeSpikingGraph,
  nodesOf,
  type SpikingGraph,
} from "../spiking/graph/index.ts";

const spikingDescription = z.strictObject({
  format: z.literal("striate-spiking-1"),
  /** How the graph came to be, such as "spiking-resnet". */
  method: z.string(),
  /** What is compared between the classes: the summed output current, or the mean potential of integrators. */
  readout: z.enum(["current", "potential"]),
  /** Time steps T when nothing else is asked for. */
  steps: z.number().int().min(1).max(10_000),
  scale: z.strictObject({ mean: z.array(z.number()), deviation: z.array(z.number().positive()) }),
  classes: z.number().int().positive(),
  classNames: z.array(z.string()).optional(),
  /** The data that it was calibrated on, and its hash. */
  data: z.strictObject({ name: z.string(), hash: z.string() }),
});

export type SpikingDescription = z.infer<typeof spikingDescription>;

/** A spiking graph that classifies images, with all that is needed to use it. */
export interface SpikingModel {
  readonly graph: SpikingGraph;
  readonly description: SpikingDescription;
}

export const encodeSpikingModel = ({ graph, description }: SpikingModel): Uint8Array =>
  encodeSpikingGraph(graph, description);

/** Reads a spiking model; `name` is what error messages call it. */
export function decodeSpikingModel(bytes: Uint8Array, name: string): SpikingModel {
  const { graph, about } = decodeSpikingGraph(bytes, name);
  const parsed = spikingDescription.safeParse(about);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new StriateError(
      `${name}: the description of the graph is not valid at ${issue!.path.join(".")}: ${issue!.message}`,
    );
  }
  const [channels] = imageShape({ graph });
  if (parsed.data.scale.mean.length !== channels || parsed.data.scale.deviation.length !== channels)
    throw new StriateError(`${name}: the scale of the pixels does not fit ${channels} channels`);
  return { graph, description: parsed.data };
}

/** (C, H, W) of the images that a graph takes. */
export function imageShape({ graph }: Pick<SpikingModel, "graph">): [number, number, number] {
  const inputs = nodesOf(graph, "input");
  const { operation } = inputs[0] ?? {};
  if (inputs.length !== 1 || operation?.type !== "input" || operation.shape.length !== 3)
    throw new StriateError("the graph does not take one image (channels, height, width)");
  return [...operation.shape] as [number, number, number];
}
