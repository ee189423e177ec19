import { StriateError } from "../../error.ts";
import { onnxSchema } from "../../tensor/onnx-schema.ts";
import { decodeMessage } from "../protobuf.ts";

/** The messages of onnx.proto as `decodeMessage` gives them: a field is undefined where the file has none. */
export interface ModelMessage {
  irVersion?: number;
  producerName?: string;
  producerVersion?: string;
  graph?: GraphMessage;
  opsetImport?: { domain?: string; version?: number }[];
  metadataProps?: EntryMessage[];
}

export interface EntryMessage {
  key?: string;
  value?: string;
}

export interface GraphMessage {
  node?: NodeMessage[];
  name?: string;
  initializer?: TensorMessage[];
  input?: ValueInfoMessage[];
  output?: ValueInfoMessage[];
  valueInfo?: ValueInfoMessage[];
  sparseInitializer?: Uint8Array[];
}

export interface NodeMessage {
  input?: string[];
  output?: string[];
  name?: string;
  opType?: string;
  attribute?: AttributeMessage[];
  domain?: string;
}

export interface AttributeMessage {
  name?: string;
  f?: number;
  i?: number;
  s?: Uint8Array;
  t?: TensorMessage;
  g?: GraphMessage;
  floats?: Float32Array;
  ints?: BigInt64Array;
  strings?: Uint8Array[];
  tensors?: Uint8Array[];
  graphs?: Uint8Array[];
  tp?: Uint8Array;
  typeProtos?: Uint8Array[];
  type?: number;
  refAttrName?: string;
  sparseTensor?: Uint8Array;
  sparseTensors?: Uint8Array[];
}

export interface TensorMessage {
  dims?: BigInt64Array;
  dataType?: number;
  segment?: Uint8Array;
  floatData?: Float32Array;
  int32Data?: Int32Array;
  stringData?: Uint8Array[];
  int64Data?: BigInt64Array;
  name?: string;
  rawData?: Uint8Array;
  doubleData?: Float64Array;
  uint64Data?: BigUint64Array;
  externalData?: EntryMessage[];
  dataLocation?: number;
}

export interface ValueInfoMessage {
  name?: string;
  type?: { tensorType?: { elemType?: number; shape?: { dim?: { dimValue?: number; dimParam?: string }[] } } };
}

/** Decodes the protocol buffer of an .onnx file. Throws StriateError when it is none. */
export function decodeModel(bytes: Uint8Array, file: string): ModelMessage {
  if (bytes.length === 0) throw new StriateError(`${file}: the file is empty`, "Give an ONNX file");
  return decodeMessage(onnxSchema.lookupType("Model"), bytes, file);
}

/** Decodes a lone TensorProto, such as the inputs and outputs of the standard's own tests. */
export function decodeTensor(bytes: Uint8Array, file: string): TensorMessage {
  if (bytes.length === 0) throw new StriateError(`${file}: the file is empty`, "Give a TensorProto");
  return decodeMessage(onnxSchema.lookupType("TensorData"), bytes, file);
}

/** A name of a file for a message: quoted, its beginning where it is long. */
export function quoted(name: string): string {
  return `'${name.length > 80 ? `${name.slice(0, 79)}…` : name}'`;
}
