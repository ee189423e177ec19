import { StriateError } from "../error.ts";
import { elementCount, formatShape } from "./array.ts";
import { cifar10ClassNames, readCifar10 } from "./cifar10.ts";
import { describeEventBytes, type EventPicture } from "./events/describe.ts";
import { gunzipHead } from "./gzip.ts";
import { describeHdf5 } from "./hdf5/describe.ts";
import { readIdx } from "./idx.ts";
import { readNpy } from "./npy.ts";
import { describeNpz } from "./npz.ts";
import { describeOnnx } from "./onnx/describe.ts";
import { readSafetensors } from "./safetensors.ts";
import { type FileFormat, sniff } from "./sniff.ts";
import { describeTorch } from "./torch/describe.ts";
import { describeValues } from "./value-range.ts";
import { listZip } from "./zip.ts";

/** What there is to say about a file: for a table, and for a machine. */
export interface Description {
  format: FileFormat;
  rows: { name: string; value: string }[];
  /** Plain JSON. */
  json: unknown;
  /** What to set out below the rows. */
  table?: { headers: string[]; rows: string[][] };
  /** The graph that the file holds, to be drawn. */
  graph?: DescribedNode[];
  /** The events that the file holds, to be drawn. */
  events?: EventPicture;
}

/** A node of a drawing. */
export interface DescribedNode {
  /** Unique in the graph. */
  name: string;
  type: string;
  role: "port" | "linear" | "activation" | "other";
  detail?: string;
  /** Names of the nodes whose values it takes. */
  inputs: string[];
}

/** `external` gives the files that the described one refers to. */
export type Describer = (
  bytes: Uint8Array,
  name: string,
  external?: (location: string) => Uint8Array,
) => Promise<Description>;

/** To describe another format, add a line. */
export const describers: Partial<Record<FileFormat, Describer>> = {
  idx: describeIdx,
  gzip: describeGzip,
  npy: describeNpy,
  npz: describeNpz,
  safetensors: describeSafetensors,
  cifar10: describeCifar10,
  json: describeJson,
  torch: describeTorch,
  zip: describeZip,
  hdf5: describeHdf5,
  onnx: describeOnnx,
  events: describeEventBytes,
};

/** Describes a file by its bytes. Throws StriateError when it is broken or of no known format. */
export async function describeBytes(
  bytes: Uint8Array,
  name: string,
  external?: (location: string) => Uint8Array,
): Promise<Description> {
  if (bytes.length === 0)
    throw new StriateError(`${name}: the file is empty`, "Give a file with something in it");
  const format = sniff(bytes, name);
  const describer = describers[format];
  if (describer === undefined) {
    const what = format === "unknown" ? "a file of no format that Striate knows" : `an ${format} file`;
    throw new StriateError(
      `${name}: ${what}; expected one of ${Object.keys(describers).join(", ")}`,
      "Give a file in one of these formats",
    );
  }
  return describer(bytes, name, external);
}

async function describeIdx(bytes: Uint8Array, name: string): Promise<Description> {
  const { shape, dtype, data } = await readIdx(bytes, name);
  const values = describeValues(data);
  return {
    format: "idx",
    rows: [
      { name: "format", value: "IDX" },
      { name: "shape", value: formatShape(shape) },
      { name: "type", value: dtype },
      ...values.rows,
      { name: "bytes", value: String(bytes.length) },
    ],
    json: { format: "idx", shape, dtype, ...values.json, bytes: bytes.length },
  };
}

/** Gzip around IDX is read through; of anything else only the beginning is looked at. */
async function describeGzip(bytes: Uint8Array, name: string): Promise<Description> {
  const head = await gunzipHead(bytes, name, 65536);
  const inner = sniff(head, name.replace(/\.gz$/, ""), Number.NaN);
  if (inner === "idx") {
    const description = await describeIdx(bytes, name);
    description.rows[0].value = "IDX, gzipped";
    return { ...description, json: { ...(description.json as object), gzipped: true } };
  }
  return {
    format: "gzip",
    rows: [
      { name: "format", value: "gzip" },
      { name: "content", value: inner },
      { name: "bytes", value: String(bytes.length) },
    ],
    json: { format: "gzip", content: inner, bytes: bytes.length },
  };
}

async function describeNpy(bytes: Uint8Array, name: string): Promise<Description> {
  const { shape, dtype, data } = readNpy(bytes, name);
  const values = Array.isArray(data) ? { rows: [], json: {} } : describeValues(data);
  return {
    format: "npy",
    rows: [
      { name: "format", value: "NumPy .npy" },
      { name: "shape", value: formatShape(shape) },
      { name: "type", value: dtype },
      ...values.rows,
      { name: "bytes", value: String(bytes.length) },
    ],
    json: { format: "npy", shape, dtype, ...values.json, bytes: bytes.length },
  };
}

async function describeSafetensors(bytes: Uint8Array, name: string): Promise<Description> {
  const { tensors, metadata } = readSafetensors(bytes, name);
  const list = Object.entries(tensors).map(([tensor, { shape, dtype }]) => ({ name: tensor, shape, dtype }));
  const elements = list.reduce((sum, { shape }) => sum + elementCount(shape), 0);
  return {
    format: "safetensors",
    rows: [
      { name: "format", value: "safetensors" },
      ...Object.entries(metadata).map(([key, value]) => ({ name: `metadata ${key}`, value })),
      { name: "tensors", value: String(list.length) },
      { name: "elements", value: String(elements) },
      ...list.map((tensor) => ({ name: tensor.name, value: `${formatShape(tensor.shape)} ${tensor.dtype}` })),
      { name: "bytes", value: String(bytes.length) },
    ],
    json: { format: "safetensors", metadata, tensors: list, elements, bytes: bytes.length },
  };
}

async function describeCifar10(bytes: Uint8Array, name: string): Promise<Description> {
  const { labels, count } = readCifar10(bytes, name);
  const perClass = cifar10ClassNames.map((_, label) =>
    labels.reduce((sum, each) => sum + (each === label ? 1 : 0), 0),
  );
  return {
    format: "cifar10",
    rows: [
      { name: "format", value: "CIFAR-10 binary batch" },
      { name: "images", value: `${count} of 3 × 32 × 32` },
      ...cifar10ClassNames.map((className, label) => ({ name: className, value: String(perClass[label]) })),
      { name: "bytes", value: String(bytes.length) },
    ],
    json: { format: "cifar10", images: count, classNames: cifar10ClassNames, perClass, bytes: bytes.length },
  };
}

async function describeJson(bytes: Uint8Array, name: string): Promise<Description> {
  let content: unknown;
  try {
    content = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw new StriateError(`${name}: not valid JSON (${(error as Error).message})`, "Correct the file");
  }
  const entries = Array.isArray(content) ? [] : Object.entries(content as object);
  return {
    format: "json",
    rows: [
      { name: "format", value: "JSON" },
      ...(Array.isArray(content) ? [{ name: "entries", value: String(content.length) }] : []),
      ...entries.map(([key, value]) => ({ name: key, value: shortJson(value) })),
    ],
    json: { format: "json", content, bytes: bytes.length },
  };
}

function shortJson(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

async function describeZip(bytes: Uint8Array, name: string): Promise<Description> {
  const entries = listZip(bytes, name);
  return {
    format: "zip",
    rows: [
      { name: "format", value: "zip archive" },
      { name: "files", value: String(entries.length) },
      ...entries.map((entry) => ({ name: entry.name, value: `${entry.bytes} bytes` })),
      { name: "bytes", value: String(bytes.length) },
    ],
    json: { format: "zip", files: entries, bytes: bytes.length },
  };
}
