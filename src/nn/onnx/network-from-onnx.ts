import { StriateError } from "../../error.ts";
import type { OnnxFile, OnnxPort } from "../../formats/onnx-graph.ts";
import { describeShape, sizeOf } from "../../tensor/index.ts";
import { buildNetwork, type Network } from "../network.ts";
import { initializersOf, opsetOf } from "./evaluator.ts";
import { foldConstants, neededNodes } from "./fold.ts";
import { freeBatch, traceValues } from "./free-batch.ts";
import { requireOperators } from "./operators/index.ts";
import { specifyGraph } from "./specify.ts";
import { atStep, type GraphValue } from "./value.ts";

/** Operator sets whose operators are understood. */
const [OLDEST, NEWEST] = [9, 22];

/**
 * The network of an ONNX file: one input of images (N, C, H, W), one output (N, classes). `name` is what error
 * messages call it. Convolutions, linear layers, normalisations and ReLUs become layers with the file's weights, named
 * after their nodes; what follows from constants alone is computed here. A graph for one batch size takes any
 * afterwards. Throws a StriateError when operators are not supported or the graph does not fit.
 */
export function networkFromOnnx(file: OnnxFile, name: string): Network {
  const opset = opsetOf(file);
  if (opset < OLDEST || opset > NEWEST) {
    throw new StriateError(
      `${name}: operator set ${opset}`,
      `Export the network with an operator set from ${OLDEST} to ${NEWEST}`,
    );
  }
  requireOperators(file.graph.nodes, opset);
  const image = imageInput(file.graph.inputs, name);
  const output = singleOutput(file.graph.outputs, name);
  const batch = typeof image.shape[0] === "number" ? image.shape[0] : undefined;
  const [, channels, height, width] = image.shape as [unknown, number, number, number];

  const folded = foldConstants(neededNodes(file.graph.nodes, [output]), opset, initializersOf(file));
  const graph =
    batch === undefined ? folded : freeBatch(folded, opset, image.name, [batch, channels, height, width]);
  const tracedBatch = 2 * (batch ?? 1);
  const values = traceValues(graph, opset, image.name, [tracedBatch, channels, height, width]);
  requireLogits(values.get(output), tracedBatch, `${name}: the output "${output}"`);

  const { specification, parameters } = specifyGraph(graph, opset, values, image.name, output);
  const network = buildNetwork({ input: { channels, height, width }, graph: specification }, 0);
  for (const parameter of network.parameters) {
    const given = parameters.get(parameter.name);
    if (given === undefined) continue;
    if (given.data.length !== sizeOf(parameter.shape)) {
      throw new StriateError(`${name}: "${parameter.name}" has ${given.data.length} values`);
    }
    parameter.take(given.data instanceof Float32Array ? given.data : Float32Array.from(given.data));
  }
  return network;
}

/** Values of one image: 4096 × 4096. */
const LARGEST_IMAGE = 2 ** 24;

/** The one input, which takes images. */
function imageInput(
  inputs: readonly OnnxPort[],
  name: string,
): { name: string; shape: readonly (number | string)[] } {
  const listed = inputs.map((port) => `"${port.name}" (${port.shape?.join(", ") ?? "of unknown shape"})`);
  const [port, ...others] = inputs;
  if (port === undefined || others.length > 0) {
    throw new StriateError(
      `${name}: the graph has ${inputs.length} inputs: ${listed.join(", ")}`,
      "A network takes one array of images",
    );
  }
  const { shape, dtype } = port;
  if (
    shape?.length !== 4 ||
    shape.slice(1).some((extent) => typeof extent !== "number" || extent < 1) ||
    shape[0] === 0
  ) {
    throw new StriateError(
      `${name}: the input ${listed[0]} is not images (N, channels, height, width)`,
      "Export the network with a fixed image size; only the batch may be free",
    );
  }
  if (dtype !== "float32" && dtype !== "unknown")
    throw new StriateError(`${name}: the input "${port.name}" is ${dtype}`, "A network takes float32 images");
  if (!(sizeOf(shape.slice(1) as number[]) <= LARGEST_IMAGE))
    throw new StriateError(`${name}: the input ${listed[0]} is larger than any image`);
  return { name: port.name, shape };
}

function singleOutput(outputs: readonly OnnxPort[], name: string): string {
  const [output, ...others] = outputs;
  if (output === undefined || others.length > 0) {
    throw new StriateError(
      `${name}: the graph has ${outputs.length} outputs: ${outputs.map((port) => `"${port.name}"`).join(", ")}`,
      "A network gives one array of logits (N, classes)",
    );
  }
  return output.name;
}

function requireLogits(value: GraphValue | undefined, batch: number, what: string): void {
  if (value === undefined)
    throw new StriateError(`${what} is not supported`, "Export the network with its logits alone");
  const { shape } = atStep(value, 0);
  if (shape.length !== 2 || shape[0] !== batch) {
    throw new StriateError(
      `${what} has shape ${describeShape(shape)} for ${batch} images`,
      "A network gives one array of logits (N, classes)",
    );
  }
}
