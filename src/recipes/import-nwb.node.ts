import { basename } from "node:path";
import { type NwbFileOptions, readNwbRecording } from "../formats/nwb.node.ts";
import { defaultShares } from "../formats/split.ts";
import type { ImportedRecording } from "./import-recording.node.ts";

/**
 * Makes a recording of a file of Neurodata Without Borders (`readNwb`).
 *
 * @throws StriateError, naming the file and the group in it, where a part is missing, broken, or one of several.
 */
export async function importNwb(path: string, options: NwbFileOptions): Promise<ImportedRecording> {
  const notes: string[] = [];
  const recording = await readNwbRecording(path, { ...options, note: (line) => notes.push(line) });
  const { responses, trials, stimulus, onsetColumn, stimulusColumn, tierColumn, window, grey, size } =
    options;
  const chosen = { responses, trials, stimulus, onsetColumn, stimulusColumn, tierColumn, window, grey, size };
  const { images, shares = defaultShares, seed = 1 } = options;
  const about = {
    from: { nwb: basename(path), ...(images === undefined ? {} : { images: basename(images) }) },
    ...Object.fromEntries(Object.entries(chosen).filter(([, value]) => value !== undefined)),
    ...(tierColumn === undefined ? { split: { ...shares, seed } } : {}),
  };
  return { recording, about, notes };
}
