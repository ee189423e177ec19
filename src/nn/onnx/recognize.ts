import { type Shape, sizeOf } from "../../tensor/index.ts";
import type { LayerNode } from "./graph-specification.ts";
import { broadcastHost, mapHost, transposeHost } from "./host-arithmetic.ts";
import { type HostArray, hostArray, isHost } from "./host-array.ts";
import { OperatorCall, type OperatorNode } from "./operator-call.ts";
import { clipBounds } from "./operators/activations.ts";
import { requireInference } from "./operators/normalization.ts";
import { windowGeometry } from "./operators/window.ts";
import { atStep, type GraphValue } from "./value.ts";

/** A layer that a node stands for, and the values of its parameters, by their names in the layer. */
export interface Recognized {
  readonly layer: LayerNode["layer"];
  readonly parameters: Readonly<Record<string, HostArray>>;
  /** The node after it that is part of the layer: the addition of a bias. */
  readonly absorbed?: OperatorNode;
}

export interface Surroundings {
  readonly opset: number;
  /** Every value of the graph, traced for some batch. */
  readonly values: ReadonlyMap<string, GraphValue>;
  /** The node that alone takes in a value; undefined where there are several, or where it is an output. */
  soleUser(value: string): OperatorNode | undefined;
}

/** The layer that a node stands for; undefined when it is an operator between layers. */
export function recognizeLayer(node: OperatorNode, around: Surroundings): Recognized | undefined {
  const operands = node.inputs.map((name) => (name === "" ? undefined : atStep(around.values.get(name)!, 0)));
  const call = new OperatorCall(node, around.opset, operands);
  if (isHost(call.operand(0))) return undefined;
  switch (node.type) {
    case "Conv":
      return recognizeConvolution(call);
    case "Gemm":
      return recognizeGemm(call);
    case "MatMul":
      return recognizeMatMul(call, around);
    case "BatchNormalization":
      return recognizeNormalization(call);
    case "Relu":
      return { layer: { type: "activation" }, parameters: {} };
    case "Clip":
      return recognizeClip(call);
    default:
      return undefined;
  }
}

/** The operand if it is known and has `rank` axes. */
function knownOperand(call: OperatorCall, index: number, rank: number): HostArray | undefined {
  const value = call.operands[index];
  return value !== undefined && isHost(value) && value.shape.length === rank ? value : undefined;
}

function recognizeConvolution(call: OperatorCall): Recognized | undefined {
  const weight = knownOperand(call, 1, 4);
  const bias = knownOperand(call, 2, 1);
  if (weight === undefined || (call.has(2) && bias === undefined)) return undefined;
  const [outputs, perGroup] = weight.shape as [number, number];
  const groups = call.integer("group", 1);
  const window = windowGeometry(call, call.tensor(0).shape.slice(2), weight.shape.slice(2));
  const layer = {
    type: "conv" as const,
    inputs: perGroup * groups,
    outputs,
    groups,
    kernel: [...window.kernel] as [number, number],
    stride: [...window.stride] as [number, number],
    dilation: [...window.dilation] as [number, number],
    padding: [...window.padding] as [number, number, number, number],
    bias: bias !== undefined,
  };
  return { layer, parameters: bias === undefined ? { weight } : { weight, bias } };
}

/** A vector of one number for each output, from what broadcasts to (1, outputs). */
function biasOf(values: HostArray | undefined, outputs: number): HostArray | undefined {
  if (values === undefined) return hostArray(new Float32Array(outputs), [outputs], "float32");
  const { shape, data } = values;
  if (data.length !== 1 && (data.length !== outputs || shape.at(-1) !== outputs)) return undefined;
  return broadcastHost({ ...values, shape: [data.length] }, [outputs]);
}

/** `weight` has shape (inputs, outputs). */
function linear(weight: HostArray, bias: HostArray, absorbed?: OperatorNode): Recognized {
  const [inputs, outputs] = weight.shape as [number, number];
  return {
    layer: { type: "linear", inputs, outputs },
    parameters: { weight: transposeHost(weight, [1, 0]), bias },
    ...(absorbed && { absorbed }),
  };
}

function recognizeGemm(call: OperatorCall): Recognized | undefined {
  const given = knownOperand(call, 1, 2);
  const addend = call.operands[2];
  if (given === undefined || call.flag("transA") || (addend !== undefined && !isHost(addend)))
    return undefined;
  const weight = call.flag("transB") ? transposeHost(given, [1, 0]) : given;
  const bias = biasOf(addend, weight.shape[1]!);
  if (bias === undefined) return undefined;
  const [alpha, beta] = [call.float("alpha", 1), call.float("beta", 1)];
  return linear(scaled(weight, alpha), scaled(bias, beta));
}

const scaled = (x: HostArray, factor: number): HostArray =>
  factor === 1 ? x : mapHost(x, (value) => value * factor);

function recognizeMatMul(call: OperatorCall, around: Surroundings): Recognized | undefined {
  const weight = knownOperand(call, 1, 2);
  const { shape } = call.tensor(0);
  if (weight === undefined || shape.length < 2) return undefined;
  const outputs = weight.shape[1]!;
  const next = around.soleUser(call.node.outputs[0]!);
  const bias = next?.type === "Add" ? addedBias(next, call.node, outputs, shape, around) : undefined;
  return bias === undefined ? linear(weight, biasOf(undefined, outputs)!) : linear(weight, bias, next);
}

/** The constant that an Add adds to each row of a product (…, outputs). */
function addedBias(
  { inputs }: OperatorNode,
  product: OperatorNode,
  outputs: number,
  shape: Shape,
  { values }: Surroundings,
): HostArray | undefined {
  const added = inputs.find((name) => name !== product.outputs[0])!;
  const other = atStep(values.get(added)!, 0);
  if (!isHost(other) || other.shape.length > shape.length) return undefined;
  return biasOf(other, outputs);
}

function recognizeNormalization(call: OperatorCall): Recognized | undefined {
  requireInference(call);
  const [gamma, beta, mean, variance] = [1, 2, 3, 4].map((index) => knownOperand(call, index, 1));
  if (!gamma || !beta || !mean || !variance) return undefined;
  const layer = { type: "norm" as const, channels: sizeOf(gamma.shape), eps: call.float("epsilon", 1e-5) };
  return { layer, parameters: { gamma, beta, mean, variance } };
}

function recognizeClip(call: OperatorCall): Recognized | undefined {
  const { low, high } = clipBounds(call);
  if (low !== 0 || high <= 0) return undefined;
  const isLimited = high < 3.4e38;
  return { layer: { type: "activation", ...(isLimited && { ceiling: high }) }, parameters: {} };
}
