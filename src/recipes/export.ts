import { buildSpikingGraph } from "../convert/spiking-resnet/build.ts";
import { captureNetwork } from "../convert/spiking-resnet/capture.ts";
import { StriateError } from "../error.ts";
import type { Signal } from "../nn/layer.ts";
import type { Model } from "../nn/model-file.ts";
import { traceSteps } from "../spiking/dense/index.ts";
import { nodesOf, type SpikingGraph } from "../spiking/graph/index.ts";
import { add, constant, encodeOnnx, input, mul, type Tensor, toOnnx } from "../tensor/index.ts";
import { contextFor } from "./classifier.ts";
import { type AnyModel, isSpikingModel } from "./model-path.node.ts";
import { imageShape, type SpikingModel } from "./spiking-model.ts";

export interface UnrolledOptions {
  /** Time steps T; the model's own when absent. */
  readonly steps?: number | undefined;
  /** Images at a time, which is fixed in the file; 1 when absent. */
  readonly batch?: number;
}

/**
 * A network as an ONNX file of standard operators, all time steps unrolled: input "image" (N, C, H, W), scaled as the
 * network takes it, output "logits" (N, classes), the mean of the readout over the steps.
 */
export function unrolledOnnx(
  model: AnyModel,
  { steps, batch = 1 }: UnrolledOptions = {},
): { bytes: Uint8Array; nodes: number; steps: number } {
  const traced = isSpikingModel(model)
    ? traceGraph(model.graph, model.description.readout, steps ?? model.description.steps, [
        batch,
        ...imageShape(model),
      ])
    : traceNetwork(model, steps, batch);
  const graph = toOnnx({ logits: traced.logits }, { freeze: true });
  return { bytes: encodeOnnx(graph.model), nodes: graph.model.nodes.length, steps: traced.steps };
}

interface Traced {
  readonly logits: Tensor;
  readonly steps: number;
}

function traceGraph(
  graph: SpikingGraph,
  readout: "current" | "potential",
  steps: number,
  shape: readonly number[],
): Traced {
  const [source, target] = [nodesOf(graph, "input")[0]!, nodesOf(graph, "output")[0]!];
  const image = input("image", shape);
  const inputs = { [source.name]: [image] };
  const { signals } = traceSteps(graph, { batch: shape[0]!, steps, inputs, state: "fresh" });
  const currents = signals.get(target.name)!;
  return { logits: meanOver(readout === "current" ? currents : runningSums(currents), steps), steps };
}

function traceNetwork({ network, description }: Model, steps: number | undefined, batch: number): Traced {
  const { kind } = description;
  const isTimed = kind.type === "converted" || kind.type === "spiking";
  if (steps !== undefined && !isTimed)
    throw new StriateError(
      `a ${kind.type} network has no time steps`,
      "Leave --steps out, or convert it first",
    );
  const { channels, height, width } = network.architecture.input;
  const image = input("image", [batch, channels, height, width]);
  const timed = contextFor(network, isTimed && steps !== undefined ? { ...kind, steps } : kind);
  return { logits: meanOver(network.call(image, timed.context), timed.steps), steps: timed.steps };
}

/** The mean over the steps of a signal, which may be one array for all of them. */
const meanOver = (signal: Signal, steps: number): Tensor =>
  signal.length === 1 ? signal[0]! : mul(signal.reduce(add), constant(1 / steps));

function runningSums(signal: Signal): Tensor[] {
  const sums: Tensor[] = [];
  for (const step of signal) sums.push(sums.length === 0 ? step : add(sums.at(-1)!, step));
  return sums;
}

/**
 * The spiking graph of a model: its own, or that of a network converted with Fast-SNN, whose clipping thresholds are
 * what one spike stands for.
 */
export async function spikingGraphOf(model: AnyModel): Promise<SpikingGraph> {
  if (isSpikingModel(model)) return model.graph;
  const { network, description } = model;
  const { kind } = description;
  if (kind.type !== "converted") {
    throw new StriateError(
      `a ${kind.type} network has no spiking graph`,
      kind.type === "spiking" ? "Export it as ONNX" : "Convert it first: striate convert",
    );
  }
  const captured = await captureNetwork(network, contextFor(network, kind).context.weight);
  const scales = captured.units.map(({ unit }) => unit.threshold.data[0]!);
  return buildSpikingGraph(captured, { scales, signed: kind.neurons === "signed" });
}

/** A model as a spiking graph that classifies: as it is, or what a network converted with Fast-SNN comes to. */
export async function spikingModelOf(model: AnyModel): Promise<SpikingModel> {
  if (isSpikingModel(model)) return model;
  const graph = await spikingGraphOf(model);
  const { kind, scale, classes, classNames, data } = model.description;
  const { steps } = kind as Extract<typeof kind, { type: "converted" }>;
  const description = {
    format: "striate-spiking-1" as const,
    method: "fast-snn",
    readout: "current" as const,
    ...{ steps, scale, classes, data },
    ...(classNames && { classNames }),
  };
  return { graph, description };
}
