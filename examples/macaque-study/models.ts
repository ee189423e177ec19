import { decodeResponseModel } from "../../src/cortex/model-file.ts";
import { type ResponsePresetName, responsePresets } from "../../src/cortex/presets.ts";
import type { ResponseModel } from "../../src/cortex/response-model.ts";
import { trialsOf } from "../../src/cortex/trials.ts";
import { readFileOrExplain } from "../../src/formats/index.node.ts";
import { fitRun, responseModelFile } from "../../src/recipes/fit-run.node.ts";
import type { ProgressReporter } from "../../src/recipes/progress.ts";
import type { Pieces } from "./pieces.ts";
import { differenceOf, estimateText, meanOf, type SessionScores, scoreSessions } from "./scores.ts";
import { type Select, type SessionData, sessions, subjectName } from "./sessions.ts";

/** Scores of one kind of model on each session. */
export interface ModelScores {
  readonly name: string;
  readonly scores: readonly SessionScores[];
}

const alone: readonly ResponsePresetName[] = ["ln", "conv", "v1t-small"];

/** Every kind of model fitted to each session alone, and those with a core worth sharing to all sessions together. */
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
  const all = of(() => true);
  for (const preset of ["conv", "v1t-small"] as const) {
    const scores = await fitted(pieces, "all", preset, all, progress);
    models.push({ name: `${preset}, all sessions share a core`, scores });
  }
  return models;
}

/** Training images of a session that shows 1200. */
const usualImages = 960;

/**
 * A model's scores on sessions that it is fitted to together. Every fit to one or two sessions takes as many steps: 210325
 * has fewer images. More sessions show a core several times as many images in an epoch, and half of the epochs do.
 */
const fitted = (
  pieces: Pieces,
  name: string,
  preset: ResponsePresetName,
  chosen: readonly SessionData[],
  progress: ProgressReporter,
): Promise<SessionScores[]> =>
  pieces.get(`${preset}-${name}`, async (folder) => {
    const { training, ...rest } = responsePresets[preset];
    const recordings = chosen.map(({ recording }) => recording);
    const images = Math.max(...recordings.map((recording) => trialsOf(recording, "train").length));
    const epochs = Math.round((training.epochs * usualImages) / images / (chosen.length > 2 ? 2 : 1));
    const configuration = {
      name: preset,
      preset: { ...rest, training: { ...training, epochs } },
      behavior: true,
      seed: 1,
    };
    const { model } = await fitRun(configuration, recordings, folder, { progress, resume: true });
    return scoreSessions(model, chosen);
  });

/** The transformer fitted to sessions together. */
export async function fittedModel(
  pieces: Pieces,
  name: string,
  chosen: readonly SessionData[],
  progress: ProgressReporter,
): Promise<ResponseModel> {
  await fitted(pieces, name, "v1t-small", chosen, progress);
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
