import { createHash } from "node:crypto";
import { StriateError } from "../error.ts";
import type { Recording } from "../formats/recording.ts";
import { recordingsIn } from "../formats/recordings.node.ts";
import { resizeImages } from "../formats/resize-images.ts";
import { loadRecording } from "./load-recording.node.ts";
import type { ProgressReporter } from "./progress.ts";

/** Height and width that a model takes, from those of the stimuli. */
export type InputSize = (height: number, width: number) => readonly [number, number];

/**
 * Reads recordings with their stimuli at one size: what `size` makes of the first one's.
 *
 * @throws StriateError when two recordings are of the same subject, or their images differ in channels
 */
export async function loadRecordings(
  paths: readonly string[],
  size: InputSize,
  progress: ProgressReporter,
): Promise<Recording[]> {
  const recordings: Recording[] = [];
  for (const path of await recordingsIn(paths)) {
    const [first] = recordings;
    const wanted: InputSize = first ? () => [first.stimuli.height, first.stimuli.width] : size;
    const recording = resized(await loadRecording(path, { size: wanted }, progress), wanted);
    const same = recordings.find(({ subject }) => subject === recording.subject);
    if (same !== undefined)
      throw new StriateError(
        `${same.name} and ${recording.name} are both of subject "${recording.subject}"`,
        "Give one of them another --subject when you import it",
      );
    if (first !== undefined && first.stimuli.channels !== recording.stimuli.channels)
      throw new StriateError(
        `${recording.name} has images of ${recording.stimuli.channels} channels, ${first.name} of ${first.stimuli.channels}`,
        "Import both with --grey",
      );
    recordings.push(recording);
  }
  return recordings;
}

/** Sources that do not resize while they read are resized here. */
function resized(recording: Recording, size: InputSize): Recording {
  const { height, width } = recording.stimuli;
  const [rows, columns] = size(height, width);
  if (rows === height && columns === width) return recording;
  return { ...recording, stimuli: resizeImages(recording.stimuli, [rows, columns]) };
}

/** SHA-256 of what is shown and recorded. */
export function hashRecordings(recordings: readonly Recording[]): string {
  const hash = createHash("sha256");
  for (const { subject, tierOf, stimulusOf, responses, stimuli } of recordings) {
    hash.update(`${subject}\n${tierOf.join()}\n`);
    for (const { buffer, byteOffset, byteLength } of [stimulusOf, responses, stimuli.data])
      hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  }
  return hash.digest("hex");
}
