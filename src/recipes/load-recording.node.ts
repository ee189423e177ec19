import type { Recording } from "../formats/recording.ts";
import { readRecording } from "../formats/recordings.node.ts";
import type { ReadRecordingOptions } from "../formats/sensorium.ts";
import type { ProgressReporter } from "./progress.ts";
import { stretch } from "./stretch.ts";

/**
 * As readRecording; reports how far reading is when it takes long and, unless `note` is given, what a person should know
 * of the recording.
 */
export async function loadRecording(
  path: string,
  options: Omit<ReadRecordingOptions, "progress">,
  progress: ProgressReporter,
): Promise<Recording> {
  const reading = stretch(progress, "reading", "files");
  const note = options.note ?? ((line: string) => progress.note(line));
  const recording = await readRecording(path, { ...options, note, progress: reading.step });
  reading.end(path);
  return recording;
}
