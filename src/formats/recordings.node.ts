import { existsSync } from "node:fs";
import { open, readdir } from "node:fs/promises";
import { join } from "node:path";
import { StriateError } from "../error.ts";
import { explain } from "./explain.node.ts";
import { isFolder, withFileTree } from "./file-tree.node.ts";
import { byCodePoint, isLeftBehind } from "./file-tree.ts";
import { readNwbRecording } from "./nwb.node.ts";
import type { Recording } from "./recording.ts";
import { readSensoriumPath } from "./sensorium.node.ts";
import type { ReadRecordingOptions } from "./sensorium.ts";
import { recordingFolders, tiersFile } from "./sensorium-layout.ts";
import { type FileFormat, sniff } from "./sniff.ts";

interface Source {
  readonly about: string;
  /** Whether a path of this format is a recording, as far as names in it tell. */
  readonly holds: (path: string) => Promise<boolean>;
  readonly read: (path: string, options: ReadRecordingOptions) => Promise<Recording>;
}

const folder: Source = {
  about: "a folder in the layout of Sensorium 2022",
  holds: async (path) => existsSync(join(path, tiersFile)),
  read: readSensoriumPath,
};

/** Files that hold a recording, by their format. To add a source, add a line. */
const fileSources: Partial<Record<FileFormat, Source>> = {
  zip: {
    about: "a zip archive of such a folder",
    holds: (path) => withFileTree(path, async (tree) => recordingFolders(tree).length > 0),
    read: readSensoriumPath,
  },
  hdf5: {
    about: "a file of Neurodata Without Borders (.nwb)",
    holds: async (path) => /\.nwb$/i.test(path),
    // whoever gives a function for the size brings the result to it
    read: (path, { size, note }) =>
      readNwbRecording(path, { size: typeof size === "function" ? undefined : size, note }),
  },
};

/**
 * Reads a recording from any of the sources above.
 *
 * @throws StriateError for another path, and as the source's reader.
 */
export async function readRecording(path: string, options: ReadRecordingOptions = {}): Promise<Recording> {
  if (await isFolder(path)) return folder.read(path, options);
  const source = fileSources[await formatOf(path)];
  if (source !== undefined) return source.read(path, options);
  const sources = [folder, ...Object.values(fileSources)].map(({ about }) => about);
  throw new StriateError(`${path} is no recording`, `Give ${sources.join(", or ")}`);
}

/**
 * The recordings that paths stand for: each path itself, or, where it is a folder that holds recordings, those in it, in
 * the order of their names.
 *
 * @throws StriateError for a path that is no recording and a folder that holds none.
 */
export async function recordingsIn(paths: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const path of paths) {
    if (await isRecording(path)) {
      found.push(path);
      continue;
    }
    const below = (await isFolder(path)) ? await readdir(path) : [];
    const inside: string[] = [];
    for (const name of below.filter((each) => !isLeftBehind(each)).sort(byCodePoint))
      if (await isRecording(join(path, name))) inside.push(join(path, name));
    if (inside.length === 0)
      throw new StriateError(
        `${path} is no recording and holds none`,
        "Give recordings, or a folder of them; striate recording import makes one",
      );
    found.push(...inside);
  }
  return found;
}

/** Whether a path is a recording, as far as the names of its files tell. */
export async function isRecording(path: string): Promise<boolean> {
  if (await isFolder(path)) return folder.holds(path);
  return (await fileSources[await formatOf(path)]?.holds(path)) ?? false;
}

async function formatOf(path: string): Promise<FileFormat> {
  try {
    const file = await open(path);
    try {
      const { buffer, bytesRead } = await file.read(new Uint8Array(4096), 0, 4096, 0);
      return sniff(buffer.subarray(0, bytesRead), path, (await file.stat()).size);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw explain(error, "read", path);
  }
}
