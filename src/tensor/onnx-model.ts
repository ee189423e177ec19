import { onnxSchema } from "./onnx-schema.ts";
import type { DType, Shape } from "./tensor.ts";

export type OnnxAttributes = Record<string, number | string | readonly number[] | Float32Array>;

export interface OnnxNode {
  readonly type: string;
  readonly domain: string;
  readonly inputs: string[];
  readonly outputs: string[];
  readonly attributes: OnnxAttributes;
}

export interface OnnxInitializer {
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: DType;
  readonly data: ArrayLike<number>;
}

export interface OnnxValue {
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: DType;
}

/** A network in the terms of the ONNX standard, as plain data. */
export interface OnnxModel {
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxInitializer[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
}

/** The ONNX operator-set version that every graph is written in. */
export const OPSET = 20;

const Model = onnxSchema.lookupType("Model");

const ELEMENT_TYPE: Record<DType, number> = { float32: 1, uint8: 2, int32: 6, int64: 7, bool: 9 };
const ATTRIBUTE_TYPE = { float: 1, int: 2, string: 3, floats: 6, ints: 7 };

/** Attributes that ONNX defines as floats although their value may be whole. */
const FLOAT_ATTRIBUTES = new Set(["alpha", "beta", "epsilon", "gamma"]);

function encodeAttribute(name: string, value: number | string | readonly number[] | Float32Array) {
  if (typeof value === "string")
    return { name, type: ATTRIBUTE_TYPE.string, s: new TextEncoder().encode(value) };
  if (typeof value === "number") {
    return Number.isInteger(value) && !FLOAT_ATTRIBUTES.has(name)
      ? { name, type: ATTRIBUTE_TYPE.int, i: value }
      : { name, type: ATTRIBUTE_TYPE.float, f: value };
  }
  return value instanceof Float32Array
    ? { name, type: ATTRIBUTE_TYPE.floats, floats: value }
    : { name, type: ATTRIBUTE_TYPE.ints, ints: value };
}

function encodeData({ data, dtype }: OnnxInitializer): Uint8Array {
  const bytesOf = (array: ArrayBufferView) =>
    new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  switch (dtype) {
    case "float32":
      return bytesOf(data instanceof Float32Array ? data : Float32Array.from(data));
    case "int64":
      return bytesOf(BigInt64Array.from(Array.from(data, (value) => BigInt(value))));
    case "int32":
      return bytesOf(Int32Array.from(data));
    default:
      return Uint8Array.from(data);
  }
}

const encodeValue = ({ name, shape, dtype }: OnnxValue) => ({
  name,
  type: {
    tensorType: {
      elemType: ELEMENT_TYPE[dtype],
      shape: { dim: shape.map((extent) => ({ dimValue: extent })) },
    },
  },
});

/** The bytes of an .onnx file. */
export function encodeOnnx(model: OnnxModel): Uint8Array {
  const domains = new Set(["", ...model.nodes.map((node) => node.domain)]);
  return Model.encode(
    Model.fromObject({
      irVersion: 9,
      producerName: "striate",
      opsetImport: [...domains].map((domain) => ({ domain, version: domain === "" ? OPSET : 1 })),
      graph: {
        name: "striate",
        node: model.nodes.map((node, index) => ({
          name: `${node.type}_${index}`,
          opType: node.type,
          domain: node.domain,
          input: node.inputs,
          output: node.outputs,
          attribute: Object.entries(node.attributes).map(([name, value]) => encodeAttribute(name, value)),
        })),
        initializer: model.initializers.map((initializer) => ({
          name: initializer.name,
          dims: initializer.shape,
          dataType: ELEMENT_TYPE[initializer.dtype],
          rawData: encodeData(initializer),
        })),
        input: model.inputs.map(encodeValue),
        output: model.outputs.map(encodeValue),
      },
    }),
  ).finish();
}
