import { StriateError } from "../../error.ts";
import type { NumericArray } from "../array.ts";
import type { OnnxAttribute, OnnxGraph } from "../onnx-graph.ts";
import type { AttributeMessage, GraphMessage, TensorMessage } from "./messages.ts";

/** How the parts of an attribute that are messages of their own are read. */
export interface AttributeReaders {
  tensor(message: TensorMessage, where: string): NumericArray;
  graph(message: GraphMessage, where: string): OnnxGraph;
}

type Field = Exclude<keyof AttributeMessage, "name" | "type" | "refAttrName">;

/** AttributeProto.AttributeType: the field of each type, and the value that a writer may leave out. */
const attributeTypes: readonly {
  readonly name: string;
  readonly field?: Field;
  readonly omitted?: OnnxAttribute;
}[] = [
  { name: "undefined" },
  { name: "FLOAT", field: "f", omitted: 0 },
  { name: "INT", field: "i", omitted: 0 },
  { name: "STRING", field: "s", omitted: "" },
  { name: "TENSOR", field: "t" },
  { name: "GRAPH", field: "g" },
  { name: "FLOATS", field: "floats", omitted: [] },
  { name: "INTS", field: "ints", omitted: [] },
  { name: "STRINGS", field: "strings", omitted: [] },
  { name: "TENSORS", field: "tensors" },
  { name: "GRAPHS", field: "graphs" },
  { name: "SPARSE_TENSOR", field: "sparseTensor" },
  { name: "SPARSE_TENSORS", field: "sparseTensors" },
  { name: "TYPE_PROTO", field: "tp" },
  { name: "TYPE_PROTOS", field: "typeProtos" },
];

/**
 * The value of an attribute. Where the file does not say its type, as before IR version 2, the field that is there
 * decides. An int64 beyond 2^53 becomes the nearest double: such numbers only mean "to the end".
 *
 * @param where what error messages call the attribute, with the file's name.
 * @throws StriateError for a value that Striate has no use for: sparse tensors, types, lists of tensors or graphs.
 */
export function readAttribute(
  message: AttributeMessage,
  where: string,
  readers: AttributeReaders,
): OnnxAttribute {
  if (message.refAttrName)
    throw new StriateError(
      `${where} takes its value from a function, but stands outside of one`,
      "Save the model again",
    );
  const present = attributeTypes.filter(({ field }) => field !== undefined && message[field] !== undefined);
  const type = message.type ? attributeTypes[message.type] : present[0];
  if (type === undefined || type.field === undefined)
    throw new StriateError(
      message.type ? `${where} has the unknown type ${message.type}` : `${where} has no value`,
      "Save the model again",
    );
  if (present.some(({ field }) => field !== type.field))
    throw new StriateError(
      `${where} is ${type.name} but has a value of ${present.map(({ name }) => name).join(" and ")}`,
      "Save the model again",
    );
  if (present.length === 0 && type.omitted !== undefined) return type.omitted;
  return readValue(type.name, message, where, readers);
}

function readValue(
  type: string,
  { f, i, s, t, g, floats, ints, strings }: AttributeMessage,
  where: string,
  readers: AttributeReaders,
): OnnxAttribute {
  if (f !== undefined) return f;
  if (i !== undefined) return i;
  if (s !== undefined) return readText(s, where);
  if (t !== undefined) return readers.tensor(t, where);
  if (g !== undefined) return readers.graph(g, where);
  if (floats !== undefined) return Array.from(floats);
  if (ints !== undefined) return Array.from(ints, Number);
  if (strings !== undefined) return strings.map((text) => readText(text, where));
  throw new StriateError(
    `${where} is ${type}; expected a number, text, a list of either, a tensor or a graph`,
    "Export the network without the operator that has it",
  );
}

function readText(bytes: Uint8Array, where: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new StriateError(
      `${where} is not UTF-8 text`,
      "Export the network without the operator that has it",
    );
  }
}
