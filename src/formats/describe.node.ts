import { open } from "node:fs/promises";
import { type Description, describeBytes } from "./describe.ts";
import { describeEvents } from "./events/describe.ts";
import { openEventFile } from "./events/files.node.ts";
import { sniffedBytes } from "./events/formats.ts";
import { readFileOrExplain } from "./files.node.ts";
import { readExternalFiles } from "./onnx.node.ts";
import { sniff } from "./sniff.ts";

/**
 * Describes a file of any format in `describers`. Recordings of event cameras are read piece by piece, others whole. Throws
 * StriateError when it cannot be read.
 */
export async function describeFile(path: string): Promise<Description> {
  const size = await sizeOfEvents(path);
  if (size !== undefined) return describeEvents(await openEventFile(path, { onCorrupt: "skip" }), size);
  const bytes = await readFileOrExplain(path);
  const external = sniff(bytes, path) === "onnx" ? await readExternalFiles(bytes, path) : undefined;
  return describeBytes(bytes, path, external);
}

/** The bytes of a recording of an event camera; undefined for what is none, or cannot be read. */
async function sizeOfEvents(path: string): Promise<number | undefined> {
  const handle = await open(path, "r").catch(() => undefined);
  try {
    const status = await handle?.stat();
    if (handle === undefined || !status?.isFile()) return undefined;
    const head = new Uint8Array(sniffedBytes);
    const { bytesRead } = await handle.read(head, 0, head.length, 0);
    return sniff(head.subarray(0, bytesRead), path, status.size) === "events" ? status.size : undefined;
  } finally {
    await handle?.close();
  }
}
