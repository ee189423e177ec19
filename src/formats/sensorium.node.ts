import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { StriateError } from "../error.ts";
import { concurrently } from "./concurrently.ts";
import { explain } from "./explain.node.ts";
import { withFileTree } from "./file-tree.node.ts";
import { makeFolder } from "./files.node.ts";
import type { Recording } from "./recording.ts";
import { type ReadRecordingOptions, readSensorium } from "./sensorium.ts";
import { tiersFile } from "./sensorium-layout.ts";
import { sensoriumFiles } from "./sensorium-write.ts";

export interface WriteRecordingOptions {
  /** Replace a recording that is there already. */
  readonly force?: boolean | undefined;
  /** Plain JSON that config.json keeps, such as where the recording came from. */
  readonly about?: Readonly<Record<string, unknown>> | undefined;
  readonly progress?: ((done: number, total: number) => void) | undefined;
}

const filesAtOnce = 16;

/** Reads a folder or zip archive as `readSensorium` does. */
export function readSensoriumPath(path: string, options: ReadRecordingOptions = {}): Promise<Recording> {
  return withFileTree(path, (tree) => readSensorium(tree, options));
}

/**
 * Writes a recording as a folder in the layout of Sensorium 2022 (`sensoriumFiles`). All files are written into a folder
 * beside it, which then takes its name: a folder of that name is whole, or not there.
 *
 * @throws StriateError when the recording does not fit together, the folder holds something that is not a recording, or
 * a recording and `force` is not given, and when writing fails.
 */
export async function writeSensorium(
  recording: Recording,
  folder: string,
  { force = false, about, progress }: WriteRecordingOptions = {},
): Promise<void> {
  const target = resolve(folder);
  const isReplaced = await requireFree(target, folder, force);
  const files = [...sensoriumFiles(recording, about)];
  await makeFolder(dirname(target));
  const mark = `${process.pid}-${randomBytes(4).toString("hex")}`;
  const beside = (name: string) => join(dirname(target), `.striate-${name}-${mark}-${basename(target)}`);
  const unfinished = beside("new");
  const old = beside("old");
  try {
    const folders = new Set(files.map(([path]) => dirname(path)));
    for (const below of folders) await mkdir(join(unfinished, below), { recursive: true });
    let done = 0;
    await concurrently(files.length, filesAtOnce, async (index) => {
      const [path, bytes] = files[index]!;
      await writeFile(join(unfinished, path), bytes());
      progress?.(++done, files.length);
    });
    if (isReplaced) await rename(target, old);
    await rename(unfinished, target).catch(async (error) => {
      if (isReplaced) await rename(old, target);
      throw error;
    });
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true }).catch(() => undefined);
    throw explain(error, "write", folder);
  }
  await rm(old, { recursive: true, force: true }).catch(() => undefined);
}

/** Whether there is a folder to be replaced. */
async function requireFree(target: string, folder: string, force: boolean): Promise<boolean> {
  let entries: string[];
  try {
    entries = await readdir(target);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw explain(error, "write", folder);
  }
  if (entries.length === 0) return true;
  if (!existsSync(join(target, tiersFile)))
    throw new StriateError(
      `${folder} holds files that are no recording, such as ${entries[0]}`,
      "Choose another folder, or empty this one",
    );
  if (!force)
    throw new StriateError(
      `${folder} already holds a recording`,
      "Replace it with --force, or choose another folder",
    );
  return true;
}
