import { StriateError } from "../error.ts";
import type { ReadExternal } from "./onnx/external.ts";
import { decodeModel, decodeTensor, type ModelMessage, quoted } from "./onnx/messages.ts";
import { readGraph, standardDomain } from "./onnx/read-graph.ts";
import { readTensor } from "./onnx/tensor.ts";
import type { OnnxArray, OnnxFile } from "./onnx-graph.ts";

/**
 * Reads an .onnx file (ONNX IR versions 1 and later, onnx.proto), its graph checked and in an order in which it can
 * be evaluated. Arrays are views of `bytes` where type and alignment allow it. What trains the network, documents it
 * or places it on devices is passed over.
 *
 * @param name what error messages call the file.
 * @param external gives the files beside the model that hold large arrays, by their relative path.
 * @throws StriateError for anything that is broken or has no place in `OnnxFile`.
 */
export function readOnnx(bytes: Uint8Array, name: string, external?: ReadExternal): OnnxFile {
  return onnxFileOf(decodeModel(bytes, name), name, external);
}

/** Reads a lone TensorProto, as the standard's own tests store inputs and outputs. */
export function readOnnxTensor(bytes: Uint8Array, name: string): OnnxArray {
  const message = decodeTensor(bytes, name);
  return { name: message.name ?? "", ...readTensor(message, `${name}: the tensor`) };
}

/** What a decoded model says. */
export function onnxFileOf(model: ModelMessage, name: string, external?: ReadExternal): OnnxFile {
  const { irVersion = 0, producerName = "", producerVersion = "" } = model;
  if (irVersion < 1) throw notOnnx(`${name}: the IR version is ${irVersion}`);
  if (model.graph === undefined) throw notOnnx(`${name}: there is no graph`);
  if ((model.graph.node ?? []).length === 0) throw notOnnx(`${name}: the graph has no nodes`);
  if ((model.graph.output ?? []).length === 0) throw notOnnx(`${name}: the graph has no outputs`);
  const opsets = readOpsets(model, name);
  const { graph, free } = readGraph(model.graph, name, { opsets, external });
  for (const [value, taker] of free) {
    throw new StriateError(
      `${name}: ${taker} takes ${quoted(value)}, which no node, initializer or input gives`,
      "Save the model again",
    );
  }
  return {
    irVersion,
    producer: `${producerName} ${producerVersion}`.trim(),
    opsets,
    metadata: recordOf(
      (model.metadataProps ?? []).map(({ key, value = "" }) => ({ key, value })),
      `${name}: metadata`,
    ),
    graph,
  };
}

function notOnnx(message: string): StriateError {
  return new StriateError(message, "Give an ONNX model, whole");
}

function readOpsets({ opsetImport = [] }: ModelMessage, name: string): Record<string, number> {
  if (opsetImport.length === 0) throw notOnnx(`${name}: no operator set is named (opset_import)`);
  const wrong = opsetImport.find(({ version = 0 }) => version < 1);
  if (wrong !== undefined) throw notOnnx(`${name}: an operator set has the version ${wrong.version ?? 0}`);
  return recordOf(
    opsetImport.map(({ domain, version: value = 0 }) => ({ key: standardDomain(domain), value })),
    `${name}: operator set`,
  );
}

function recordOf<Value>(
  entries: readonly { key?: string; value: Value }[],
  what: string,
): Record<string, Value> {
  const record = new Map<string, Value>();
  for (const { key = "", value } of entries) {
    if (record.has(key))
      throw new StriateError(`${what} ${quoted(key)} is there twice`, "Save the model again");
    record.set(key, value);
  }
  return Object.fromEntries(record);
}
