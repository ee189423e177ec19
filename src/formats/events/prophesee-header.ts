import { StriateError } from "../../error.ts";
import type { ByteReader } from "./byte-reader.ts";
import type { EventFileHeader, EventFormatName } from "./format.ts";
import type { SensorSize } from "./packet.ts";
import { headerFields, readHeaderLines } from "./text-header.ts";

/** Cameras by the plugin that recorded them, where the header gives no size. */
const cameras: readonly (readonly [RegExp, SensorSize])[] = [
  [/gen3/, { width: 640, height: 480 }],
  [/gen4|imx636|evk4/i, { width: 1280, height: 720 }],
  [/genx320/i, { width: 320, height: 320 }],
];

/** Reads the % lines before the events of a Prophesee recording, RAW or DAT. */
export async function readPropheseeHeader(
  reader: ByteReader,
  format: EventFormatName,
): Promise<EventFileHeader> {
  const lines = await readHeaderLines(reader, "%", (line) => line === "end");
  const fields = headerFields(lines);
  if (/endianness=legacy/.test(fields.format ?? "")) {
    throw new StriateError(
      `${reader.name}: the header says "${fields.format}"; its order of bytes is not read`,
      "Convert the file to EVT3 with the camera's own tools",
    );
  }
  return { format, sensor: sensorOf(fields), recorded: fields.date ?? fields.Date, fields };
}

function sensorOf(fields: Readonly<Record<string, string>>): SensorSize | undefined {
  const { format = "", geometry = "" } = fields;
  const [
    ,
    width = fields.Width ?? format.match(/width=(\d+)/)?.[1],
    height = fields.Height ?? format.match(/height=(\d+)/)?.[1],
  ] = geometry.match(/^(\d+)x(\d+)$/) ?? [];
  const size = { width: Number(width), height: Number(height) };
  if (size.width > 0 && size.height > 0) return size;
  const plugin = fields.plugin_name ?? "";
  return cameras.find(([pattern]) => pattern.test(plugin))?.[1];
}

/** Which records follow the lines of a header: RAW says so, DAT does not. */
export function propheseeFormat(header: string): EventFormatName | undefined {
  const found = header.match(/^% (?:evt (2\.0|2\.1|3\.0)|format (EVT21|EVT2|EVT3))/m);
  if (found !== null) {
    const version = found[1] ?? found[2]!;
    if (version === "2.0" || version === "EVT2") return "evt2";
    return version === "3.0" || version === "EVT3" ? "evt3" : "evt2.1";
  }
  return /^% /.test(header) ? "dat" : undefined;
}
