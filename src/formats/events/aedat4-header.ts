import { StriateError } from "../../error.ts";
import type { ByteReader } from "./byte-reader.ts";
import { FlatTable } from "./flatbuffer.ts";
import type { EventFileHeader } from "./format.ts";
import type { SensorSize } from "./packet.ts";
import { textOf } from "./text-header.ts";

export const magic = "#!AER-DAT4.0\r\n";
const mostHeaderBytes = 2 ** 24;
const compressions = ["none", "lz4", "lz4", "zstd", "zstd"] as const;

/** One of the streams whose packets alternate in a file. */
export interface Aedat4Stream {
  readonly id: number;
  /** Four letters: EVTS, FRME, IMUS, TRIG. */
  readonly type: string;
  readonly sensor?: SensorSize;
}

export interface Aedat4Header extends EventFileHeader {
  readonly streams: readonly Aedat4Stream[];
  /** Byte of the file at which the packets end and a table of them begins; undefined where there is none. */
  readonly tableAt: number | undefined;
}

/** Reads what comes before the packets: which streams there are, and how they are compressed. */
export async function readAedat4Header(reader: ByteReader): Promise<Aedat4Header> {
  const refuse = (why: string) =>
    new StriateError(
      `${reader.name}: the header, at byte ${magic.length}, ${why}`,
      "Give a whole AEDAT 4 file",
    );
  if (!(await reader.has(magic.length + 4))) throw refuse("is cut short");
  reader.take(magic.length);
  const { bytes } = reader;
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  if (length > mostHeaderBytes)
    throw refuse(`is to have ${length} bytes; expected at most ${mostHeaderBytes}`);
  if (!(await reader.has(4 + length))) throw refuse(`is cut short: ${length} bytes are to come`);
  const header = parse(reader.bytes.slice(4, 4 + length), refuse);
  reader.take(4 + length);
  return header;
}

function parse(bytes: Uint8Array, refuse: (why: string) => StriateError): Aedat4Header {
  try {
    const table = FlatTable.root(bytes, "IOHE");
    const compression = compressions[table.int32(0, 0)];
    if (compression === undefined) throw new StriateError(`compression ${table.int32(0, 0)} is not known`);
    const tableAt = table.int64(1) ?? -1;
    const { streams, fields } = describedStreams(table.string(2));
    const sensor = streams.find(({ type }) => type === "EVTS")?.sensor;
    return {
      format: "aedat4",
      sensor,
      compression,
      fields,
      streams,
      tableAt: tableAt > 0 ? tableAt : undefined,
    };
  } catch (error) {
    if (error instanceof StriateError) throw refuse(`is broken: ${error.message}`);
    throw error;
  }
}

/** Takes the XML apart as far as it matters: nodes in nodes, and their attributes. */
function describedStreams(xml: string): { streams: Aedat4Stream[]; fields: Record<string, string> } {
  const attributes = new Map<string, string>();
  const path: string[] = [];
  const tags = /<node name="([^"]*)"[^>]*?(\/?)>|<(\/)node>|<attr key="([^"]*)"[^>]*>([^<]*)/g;
  for (const [, node, isEmpty, closing, key, value] of xml.matchAll(tags)) {
    if (node !== undefined && isEmpty === "") path.push(node);
    if (closing !== undefined) path.pop();
    if (key !== undefined) attributes.set([...path, key].join("/"), value!);
  }
  const streams: Aedat4Stream[] = [];
  for (const [name, type] of attributes) {
    const id = name.match(/^outInfo\/(\d+)\/typeIdentifier$/)?.[1];
    if (id === undefined) continue;
    const [width, height] = ["sizeX", "sizeY"].map((key) =>
      Number(attributes.get(`outInfo/${id}/info/${key}`)),
    );
    const sensor = width! > 0 && height! > 0 ? { width: width!, height: height! } : undefined;
    streams.push({ id: Number(id), type, sensor });
  }
  const source = [...attributes].find(([name]) => name.endsWith("/info/source"))?.[1];
  return { streams, fields: source === undefined ? {} : { source } };
}

/** The bytes of a header of one stream of events, number 0. */
export function writeAedat4Header({ width, height }: SensorSize, compression: "none" | "lz4"): Uint8Array {
  const attribute = (key: string, value: string | number, type = "string") =>
    `<attr key="${key}" type="${type}">${value}</attr>`;
  const xml = textOf(
    `<dv version="2.0"><node name="outInfo" path="/mainloop/Recorder/outInfo/"><node name="0" path="/mainloop/Recorder/outInfo/0/">${attribute("compression", compression.toUpperCase())}${attribute("originalModuleName", "striate")}${attribute("originalOutputName", "events")}${attribute("typeDescription", "Array of events (polarity ON/OFF).")}${attribute("typeIdentifier", "EVTS")}<node name="info" path="/mainloop/Recorder/outInfo/0/info/">${attribute("sizeX", width, "int")}${attribute("sizeY", height, "int")}${attribute("source", "striate")}</node></node></node></dv>`,
  );
  const table = 24;
  const text = 44;
  const buffer = new Uint8Array(magic.length + 4 + text + 4 + xml.length + 1);
  buffer.set(textOf(magic));
  const view = new DataView(buffer.buffer, magic.length);
  view.setUint32(0, text + 4 + xml.length + 1, true);
  const at = 4;
  view.setUint32(at, table, true);
  buffer.set(textOf("IOHE"), magic.length + at + 4);
  // the layout of the table: its bytes, those of an entry, and where its three fields are
  for (const [i, value] of [10, 20, 4, 12, 8].entries()) view.setUint16(at + 14 + 2 * i, value, true);
  view.setInt32(at + table, 10, true);
  view.setInt32(at + table + 4, compressions.indexOf(compression), true);
  view.setUint32(at + table + 8, text - (table + 8), true);
  view.setBigInt64(at + table + 12, -1n, true);
  view.setUint32(at + text, xml.length, true);
  buffer.set(xml, magic.length + at + text + 4);
  return buffer;
}
