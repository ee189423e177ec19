import { StriateError } from "../../error.ts";
import type { ByteReader } from "./byte-reader.ts";
import type { SensorSize } from "./packet.ts";

const longestHeader = 65536;
const longestLine = 4096;

/**
 * Reads lines that begin with `mark` (# or %) and are printable, as long as there are any, or up to one that `isLast`
 * accepts. Binary data may begin with the same byte: it is no line when what follows is not printable.
 */
export async function readHeaderLines(
  reader: ByteReader,
  mark: "#" | "%",
  isLast: (line: string) => boolean,
): Promise<string[]> {
  const lines: string[] = [];
  const begin = reader.offset;
  while (reader.offset - begin < longestHeader) {
    const line = await peekLine(reader, mark.charCodeAt(0));
    if (line === undefined) return lines;
    reader.take(line.bytes);
    lines.push(line.text);
    if (isLast(line.text)) return lines;
  }
  throw new StriateError(
    `${reader.name}: the text before the events goes on for more than ${longestHeader} bytes`,
    "The file is damaged, or of another format",
  );
}

async function peekLine(reader: ByteReader, mark: number) {
  if (!(await reader.has(1)) || reader.bytes[0] !== mark) return undefined;
  for (let length = 1; length < longestLine; length++) {
    if (!(await reader.has(length + 1))) return undefined;
    const byte = reader.bytes[length]!;
    if (byte === 10) {
      const text = new TextDecoder().decode(reader.bytes.subarray(1, length)).trim();
      return { text, bytes: length + 1 };
    }
    if (byte < 32 && byte !== 9 && byte !== 13) return undefined;
  }
  return undefined;
}

/** "key value" or "key: value" lines; of several with one key, the last. */
export function headerFields(lines: readonly string[]): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const line of lines) {
    const [, key, value] = line.match(/^([\w!.-]+):?\s+(.*)$/) ?? [];
    if (key !== undefined && key !== "__proto__") fields[key] = value!;
  }
  return fields;
}

export const textOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Sizes of the sensors of iniVation's cameras, by the names that headers call them. */
const cameras: readonly (readonly [RegExp, SensorSize])[] = [
  [/davis\w*346/i, { width: 346, height: 260 }],
  [/davis\w*640/i, { width: 640, height: 480 }],
  [/davis\w*240|sbret10/i, { width: 240, height: 180 }],
  [/davis\w*128|dvs\w*128/i, { width: 128, height: 128 }],
];

export const cameraSize = (text: string): SensorSize | undefined =>
  cameras.find(([pattern]) => pattern.test(text))?.[1];
