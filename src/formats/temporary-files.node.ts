import { randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import { open, readdir, rm, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { explain } from "./explain.node.ts";

/** `.striate-<process id>-<serial>-<random>.tmp` */
const temporaryName = /^\.striate-(\d+)-\d+-[0-9a-f]+\.tmp$/;
/** A temporary file of a living process is left alone for this long: process ids are used again. */
const longestWriteMilliseconds = 3_600_000;

const unfinished = new Set<string>();
let serial = 0;

/**
 * Writes a temporary file in `folder`, under a name that no other writer picks, flushes it to disk and hands it to
 * `use`. It is gone afterwards, unless `use` renamed it. Errors are those of node:fs.
 *
 * @param mode permissions of the file; those of new files when undefined.
 */
export async function withTemporaryFile(
  folder: string,
  content: Uint8Array | string,
  mode?: number,
  use: (temporary: string) => Promise<void> = async () => {},
): Promise<void> {
  const name = `.striate-${process.pid}-${serial++}-${randomBytes(4).toString("hex")}.tmp`;
  const temporary = resolve(folder, name);
  unfinished.add(temporary);
  try {
    const file = await open(temporary, "wx");
    try {
      await file.writeFile(content);
      if (mode !== undefined) await file.chmod(mode);
      await file.sync();
    } finally {
      await file.close();
    }
    await use(temporary);
  } finally {
    await rm(temporary, { force: true }).catch(() => undefined);
    unfinished.delete(temporary);
  }
}

/**
 * Removes what killed processes left of writeFileAtomic in a folder (not below it), and returns the names. Files of
 * processes that still live on this machine stay, unless they are over an hour old. A missing folder has none.
 */
export async function sweepTemporaryFiles(folder: string): Promise<string[]> {
  const removed: string[] = [];
  for (const entry of await readdir(folder).catch(() => [])) {
    const match = temporaryName.exec(entry);
    if (match === null) continue;
    const path = join(folder, entry);
    if (await isBeingWritten(path, Number(match[1]))) continue;
    try {
      await rm(path, { force: true });
    } catch (error) {
      throw explain(error, "remove", path);
    }
    removed.push(entry);
  }
  return removed;
}

/** Removes the temporary files that this process is writing, at once: for a handler of Ctrl-C that exits next. */
export function discardUnfinishedWrites(): void {
  for (const path of unfinished) rmSync(path, { force: true });
}

async function isBeingWritten(path: string, processId: number): Promise<boolean> {
  if (processId === process.pid) return unfinished.has(resolve(path));
  try {
    process.kill(processId, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  const status = await stat(path).catch(() => undefined);
  return status !== undefined && Date.now() - status.mtimeMs < longestWriteMilliseconds;
}
