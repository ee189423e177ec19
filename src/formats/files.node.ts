import { access, constants, mkdir, open, readdir, readFile, realpath, rename, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { StriateError } from "../error.ts";
import { explain, explainMissing } from "./explain.node.ts";
import { withTemporaryFile } from "./temporary-files.node.ts";

export { discardUnfinishedWrites, sweepTemporaryFiles } from "./temporary-files.node.ts";

/** One block: enough for a full disk to refuse it. */
const probeBytes = 4096;

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
  try {
    await withTemporaryFile(folder, content, mode, (temporary) => rename(temporary, target));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") throw await explainFolderOf(path, folder);
    throw explain(error, "write", path);
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
    await makeEach(resolve(path));
  } catch (error) {
    throw explain(error, "make the folder", path);
  }
  try {
    await withTemporaryFile(path, new Uint8Array(probeBytes).fill(1));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") throw takesNoFiles(path);
    throw explain(error, "write in the folder", path);
  }
}

/**
 * Makes a folder and those above it. Not `mkdir` with `recursive`: in Node 20 that never returns where a file system
 * answers ENOENT (`/proc/a/b`), and calls a read-only one missing.
 */
async function makeEach(folder: string): Promise<void> {
  if (await isFolder(folder)) return;
  try {
    await mkdir(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST" && (await isFolder(folder))) return;
    if (code !== "ENOENT") throw error;
    if (await isFolder(dirname(folder))) throw takesNoFiles(dirname(folder));
    await makeEach(dirname(folder));
    await makeEach(folder);
  }
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (status) => status.isDirectory(),
    () => false,
  );
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
  return (await isFolder(folder)) ? takesNoFiles(folder) : explainMissing("write", path);
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
