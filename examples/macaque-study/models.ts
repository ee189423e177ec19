import { decodeResponseModel } from "../../src/cortex/model-file.ts";
import { type ResponsePresetName, responsePresets } from "../../src/cortex/presets.ts";
import type { ResponseModel } from "../../src/cortex/response-model.ts";
import { readFileOrExplain } from "../../src/formats/index.node.ts";
import type { Recording } from "../../src/formats/recording.ts";
import { fitRun, responseModelFile } from "../../src/recipes/fit-run.node.ts";
import type { ProgressReporter } from "../../src/recipes/progress.ts";
import { scoreRecording } from "../../src/recipes/score-responses.ts";
import type { Pieces } from "./pieces.ts";
import { differenceOf, estimateText, meanOf, type SessionScores, sessionScores } from "./scores.ts";
import { type Select, sessions, subjectName } from "./sessions.ts";

/** Scores of one kind of model on each session. */
export interface ModelScores {
  readonly name: string;
  readonly scores: readonly SessionScores[];
}

const alone: readonly ResponsePresetName[] = ["ln", "conv", "v1t-small"];

/** Every kind of model fitted to each session alone, and the transformer to all sessions together. */
export async function measureModels(
  pieces: Pieces,
  of: Select,
  progress: ProgressReporter,
): Promise<ModelScores[]> {
  const models: ModelScores[] = [];
  for (const preset of alone) {
    const scores: SessionScores[] = [];
    for (const session of sessions) {
      const own = of((each) => each === session);
      scores.push(...(await fitted(pieces, subjectName(session), preset, own, progress)));
    }
    models.push({ name: `${preset}, each session alone`, scores });
  }
  const together = await fitted(
    pieces,
    "all",
    "v1t-small",
    of(() => true),
    progress,
  );
  models.push({ name: "v1t-small, all sessions share a core", scores: together });
  return models;
}

/** A model's scores on recordings that it is fitted to together. */
const fitted = (
  pieces: Pieces,
  name: string,
  preset: ResponsePresetName,
  recordings: readonly Recording[],
  progress: ProgressReporter,
): Promise<SessionScores[]> =>
  pieces.get(`${preset}-${name}`, async (folder) => {
    const configuration = { name: preset, preset: responsePresets[preset], behavior: true, seed: 1 };
    const { model } = await fitRun(configuration, recordings, folder, { progress, resume: true });
    const scores: SessionScores[] = [];
    for (const recording of recordings) scores.push(sessionScores(await scoreRecording(model, recording)));
    return scores;
  });

/** The transformer fitted to recordings together. */
export async function fittedModel(
  pieces: Pieces,
  name: string,
  recordings: readonly Recording[],
  progress: ProgressReporter,
): Promise<ResponseModel> {
  await fitted(pieces, name, "v1t-small", recordings, progress);
  const file = pieces.folder.file(`v1t-small-${name}/${responseModelFile}`);
  return decodeResponseModel(await readFileOrExplain(file), file).model;
}

/** Mean test correlation by session and model, and how much each gains over the linear-nonlinear model. */
export function modelTable(models: readonly ModelScores[]): string {
  const [linear] = models;
  const rows = models.map(({ name, scores }) => {
    const cells = sessions.map((session) =>
      estimateText(meanOf(scores.filter(({ subject }) => subject === subjectName(session)))),
    );
    const gain = scores === linear!.scores ? "–" : estimateText(differenceOf(scores, linear!.scores));
    return `| ${[name, ...cells, estimateText(meanOf(scores)), gain].join(" | ")} |`;
  });
  const head = ["model", ...sessions.map(subjectName), "all neurons", "more than ln, same neurons"];
  return [`| ${head.join(" | ")} |`, `|${" --- |".repeat(head.length)}`, ...rows].join("\n");
}
