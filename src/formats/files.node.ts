import { randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import {
  access,
  constants,
  mkdir,
  open,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  stat,
} from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { StriateError } from "../error.ts";
import { explain, explainMissing } from "./explain.node.ts";

/** `.striate-<process id>-<serial>-<random>.tmp` */
const temporaryName = /^\.striate-(\d+)-\d+-[0-9a-f]+\.tmp$/;
/** A temporary file of a living process is left alone for this long: process ids are used again. */
const longestWriteMilliseconds = 3_600_000;
/** One block: enough for a full disk to refuse it. */
const probeBytes = 4096;

const unfinished = new Set<string>();
let serial = 0;

/**
 * Reads a whole file.
 *
 * @throws StriateError when it is missing (with names that are alike), a folder, a device, too large (2 GiB) or
 * not readable.
 */
export async function readFileOrExplain(path: string): Promise<Uint8Array> {
  try {
    const status = await stat(path);
    if (status.isDirectory()) throw await explainFolder(path);
    if (!status.isFile()) throw notAPlainFile("read", path);
    const buffer = await readFile(path);
    return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") throw await explainMissing("read", path);
    throw explain(error, "read", path);
  }
}

/**
 * Writes a file so that at any moment the path holds either the old content or all of the new: into a temporary
 * file in the same folder, flushed to disk, then renamed. A file that is replaced keeps its permissions; a symbolic
 * link stays and its target is replaced.
 *
 * @throws StriateError on any failure; the temporary file is removed.
 */
export async function writeFileAtomic(path: string, content: Uint8Array | string): Promise<void> {
  const target = await realpath(path).catch(() => resolve(path));
  const mode = await modeToKeep(target, path);
  const folder = dirname(target);
  const temporary = temporaryIn(folder);
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
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    if ((error as NodeJS.ErrnoException).code === "ENOENT") throw await explainFolderOf(path, folder);
    throw explain(error, "write", path);
  } finally {
    unfinished.delete(temporary);
  }
  await flushFolder(folder);
}

/**
 * Makes a folder and those above it, and proves that files can be written there by writing one and removing it.
 *
 * @throws StriateError when either fails.
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (error) {
    throw explain(error, "make the folder", path);
  }
  const probe = temporaryIn(path);
  unfinished.add(probe);
  try {
    const file = await open(probe, "wx");
    try {
      await file.writeFile(new Uint8Array(probeBytes).fill(1));
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") throw takesNoFiles(path);
    throw explain(error, "write in the folder", path);
  } finally {
    await rm(probe, { force: true }).catch(() => undefined);
    unfinished.delete(probe);
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
  if (processId === process.pid) return [...unfinished].some((own) => resolve(own) === resolve(path));
  try {
    process.kill(processId, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  const status = await stat(path).catch(() => undefined);
  return status !== undefined && Date.now() - status.mtimeMs < longestWriteMilliseconds;
}

/** The permissions of the file to be replaced; undefined when there is none. Throws for what must not be replaced. */
async function modeToKeep(target: string, path: string): Promise<number | undefined> {
  try {
    const status = await stat(target);
    if (status.isDirectory()) throw Object.assign(new Error(), { code: "EISDIR" });
    if (!status.isFile()) throw notAPlainFile("replace", path);
    await access(target, constants.W_OK);
    return status.mode & 0o7777;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw explain(error, "write", path);
  }
}

/** Makes the renaming itself survive a power cut; not every system lets a folder be opened for this. */
async function flushFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r").catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}

async function explainFolderOf(path: string, folder: string): Promise<StriateError> {
  const exists = await stat(folder).then(
    () => true,
    () => false,
  );
  return exists ? takesNoFiles(folder) : explainMissing("write", path);
}

async function explainFolder(path: string): Promise<StriateError> {
  const entries = await readdir(path).catch(() => []);
  const few = entries.slice(0, 5).join(", ");
  const advice = few === "" ? "Give a file" : `Give a file in it: ${few}${entries.length > 5 ? ", …" : ""}`;
  return new StriateError(`cannot read ${path}: it is a folder`, advice);
}

function takesNoFiles(folder: string): StriateError {
  return new StriateError(`the folder ${folder} takes no new files`, "Choose another folder");
}

function notAPlainFile(action: string, path: string): StriateError {
  return new StriateError(`cannot ${action} ${path}: it is a device or a pipe`, "Give a plain file");
}

/** A name that no other writer picks, in this process or another. */
function temporaryIn(folder: string): string {
  return join(folder, `.striate-${process.pid}-${serial++}-${randomBytes(4).toString("hex")}.tmp`);
}
