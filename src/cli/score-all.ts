import type { ResponseModel } from "../cortex/response-model.ts";
import type { Recording } from "../formats/recording.ts";
import { type ScoredRecording, type ScoringOptions, scoreRecording } from "../recipes/score-responses.ts";
import type { CommandContext } from "./command.ts";

/** Scores a model on recordings, one after the other, with progress. */
export async function scoreAll(
  model: ResponseModel,
  recordings: readonly Recording[],
  options: ScoringOptions,
  { progress, signal }: CommandContext,
): Promise<ScoredRecording[]> {
  const scored: ScoredRecording[] = [];
  progress.begin("scoring", recordings.length, "recordings");
  for (const recording of recordings) {
    signal.throwIfAborted();
    scored.push(await scoreRecording(model, recording, options));
    progress.advance(scored.length, recording.subject);
  }
  const mean = scored.reduce((sum, { scores }) => sum + scores.singleTrial.mean.value, 0) / scored.length;
  progress.end(`correlation ${mean.toFixed(3)}`);
  return scored;
}
