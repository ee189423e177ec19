import { type ResponsePresetName, responsePresets } from "../../src/cortex/presets.ts";
import type { ResponseModel } from "../../src/cortex/response-model.ts";
import type { Recording } from "../../src/formats/recording.ts";
import { fitRun, responseModelFile } from "../../src/recipes/fit-run.node.ts";
import type { ProgressReporter } from "../../src/recipes/progress.ts";
import type { RunFolder } from "../../src/recipes/run-folder.node.ts";
import { scoreRecording } from "../../src/recipes/score-responses.ts";
import { decodeResponseModel } from "../../src/cortex/model-file.ts";
import { readFileOrExplain } from "../../src/formats/index.node.ts";
import type { Pieces } from "./pieces.ts";
import { type SessionScores, sessionScores } from "./scores.ts";

const seed = 1;

/** Fits a model to recordings and scores it on each of them. */
async function fitAndScore(
  preset: ResponsePresetName,
  recordings: readonly Recording[],
  folder: RunFolder,
  progress: ProgressReporter,
): Promise<SessionScores[]> {
  const configuration = { name: preset, preset: responsePresets[preset], behavior: true, seed };
  const { model } = await fitRun(configuration, recordings, folder, { progress, resume: true });
  const scores: SessionScores[] = [];
  for (const recording of recordings) scores.push(sessionScores(await scoreRecording(model, recording)));
  return scores;
}

/** A model's scores on recordings that it is fitted to together. */
export const fitted = (
  pieces: Pieces,
  name: string,
  preset: ResponsePresetName,
  recordings: readonly Recording[],
  progress: ProgressReporter,
): Promise<SessionScores[]> =>
  pieces.get(`${preset}-${name}`, (folder) => fitAndScore(preset, recordings, folder, progress));

/** The model of `fitted`, which is fitted if it was not. */
export async function fittedModel(
  pieces: Pieces,
  name: string,
  preset: ResponsePresetName,
  recordings: readonly Recording[],
  progress: ProgressReporter,
): Promise<ResponseModel> {
  await fitted(pieces, name, preset, recordings, progress);
  const file = pieces.folder.file(`${preset}-${name}/${responseModelFile}`);
  return decodeResponseModel(await readFileOrExplain(file), file).model;
}
