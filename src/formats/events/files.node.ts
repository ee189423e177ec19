import { open } from "node:fs/promises";
import { StriateError } from "../../error.ts";
import { explain, explainMissing } from "../explain.node.ts";
import { type EventStream, type ReadEventsOptions, readEvents } from "./read.ts";

/** Opens a recording on the disk, as `readEvents`. Also throws StriateError when it cannot be read. */
export async function openEventFile(path: string, options: ReadEventsOptions = {}): Promise<EventStream> {
  const handle = await open(path, "r").catch(async (error: NodeJS.ErrnoException) => {
    throw error.code === "ENOENT" ? await explainMissing("read", path) : explain(error, "read", path);
  });
  if ((await handle.stat()).isDirectory()) {
    await handle.close();
    throw new StriateError(`cannot read ${path}: it is a folder`, "Give a file");
  }
  const stream = {
    name: path,
    readInto: async (target: Uint8Array) => {
      const { bytesRead } = await handle.read(target, 0, target.length).catch((error) => {
        throw explain(error, "read", path);
      });
      return bytesRead;
    },
    close: () => handle.close(),
  };
  return readEvents(stream, path, options);
}
