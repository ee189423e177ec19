import type { PathKind } from "../cortex/paths/path.ts";
import {
  type AdaptationTraining,
  adaptationTraining,
  type ResponsePreset,
  responsePresets,
} from "../cortex/presets.ts";
import { type SyntheticOptions, synthesizeRecording } from "../cortex/synthetic/synthesize.ts";
import { StriateError } from "../error.ts";
import type { Recording } from "../formats/recording.ts";
import { adaptationReport, type CortexReports, type CortexSummary, responseReport } from "../report/index.ts";
import { fitRun, responseModelFile } from "./fit-run.node.ts";
import { type ProgressReporter, silent } from "./progress.ts";
import { measureArms } from "./quickstart-arms.node.ts";
import { reportCortex, summarizeCortex } from "./quickstart-cortex-report.node.ts";
import type { QuickstartJob } from "./quickstart-digits.node.ts";
import { loadResponseModel } from "./response-model-path.node.ts";
import { hashRecordings } from "./response-recordings.node.ts";
import { describeData } from "./response-run-description.ts";
import { versions } from "./run-description.node.ts";
import type { RunFolder } from "./run-folder.node.ts";
import { type ScoredRecording, scoreRecording } from "./score-responses.ts";
import { type PartSeconds, WorkClock } from "./work-clock.ts";

/** What makes the quickstart's second half, beside the seed. */
export interface CortexSettings {
  /** Name of the preset. */
  readonly model: string;
  readonly preset: ResponsePreset;
  /** Animals that the model is fitted to; one more is held out. */
  readonly animals: number;
  /** What each animal is shown, and how many of its neurons are recorded. */
  readonly recording: Omit<SyntheticOptions, "seed">;
  readonly adaptation: {
    /** Training images of the held-out animal. */
    readonly images: number;
    /** What modulates the frozen core. */
    readonly paths: readonly PathKind[];
    /** The same with the paths, with the readout alone and from scratch. */
    readonly training: AdaptationTraining;
  };
}

const { "v1t-small": small } = responsePresets;

export const cortexSettings: CortexSettings = {
  model: "v1t-small",
  preset: { ...small, training: { ...small.training, epochs: 7 } },
  animals: 3,
  recording: { neurons: 250, images: 1400 },
  adaptation: { images: 64, paths: ["subject"], training: adaptationTraining },
};

export interface QuickstartCortex extends CortexReports {
  readonly summary: CortexSummary;
  readonly seconds: PartSeconds;
}

/**
 * The second half of the quickstart: fits a response model to synthetic V1s, which are made in memory, and adapts it to
 * another animal with few images: by modulation paths, by the readout alone, and from scratch. The folder becomes a run
 * of its own: the fitted model, what the paths and their readout add to its core, and a report on either.
 */
export async function quickstartCortex(
  folder: RunFolder,
  {
    seed,
    progress = silent,
    signal,
    resume = false,
    settings = cortexSettings,
  }: QuickstartJob & { readonly settings?: CortexSettings },
): Promise<QuickstartCortex> {
  const clock = new WorkClock();
  // what an earlier run left is removed, unless this one goes on from it
  const options = { progress, signal, resume: true };
  const animals = synthesizeAnimals(settings, seed, progress);
  await claimFolder(folder, animals, settings, seed, resume);
  clock.lap("synthesis");

  const heldOut = animals.at(-1)!;
  const recordings = animals.slice(0, -1);
  const { model: name, preset, adaptation } = settings;
  if (!folder.has(responseModelFile))
    await fitRun({ name, preset, behavior: true, seed }, recordings, folder, options);
  const base = await loadResponseModel(folder.path);
  const scored: ScoredRecording[] = [];
  for (const recording of recordings) scored.push(await scoreRecording(base.model, recording, { seed }));
  clock.lap("fitting");

  const arms = await measureArms(base.model, heldOut, { ...adaptation, seed }, folder, options);
  clock.lap("adaptation");

  const results = { base, scored, arms };
  const summary = summarizeCortex(results, seed);
  const isDone = folder.has(resultFile);
  const { seconds } = isDone
    ? ((await folder.readJson(resultFile)) as { seconds: PartSeconds })
    : { seconds: clock.seconds() };
  const reports = await reportCortex(results, heldOut, settings, { seed, seconds, folder });
  await folder.write("report.html", responseReport(reports.responses));
  await folder.write("adaptation.html", adaptationReport(reports.adaptation));
  await folder.writeJson(resultFile, { summary, seconds });
  await folder.remove("checkpoint.safetensors");
  return { summary, seconds, ...reports };
}

/** What the run has come to; there once it is done. */
const resultFile = "result.json";

/** What an earlier run in the folder may have left. */
const leftovers = [
  "checkpoint.safetensors",
  "metrics.jsonl",
  responseModelFile,
  "adaptation.safetensors",
  "arms.json",
  resultFile,
  "report.html",
  "adaptation.html",
];

function synthesizeAnimals(
  { animals, recording }: CortexSettings,
  seed: number,
  progress: ProgressReporter,
): Recording[] {
  const drawn = new Map<string, Float32Array>();
  const recordings: Recording[] = [];
  progress.begin("synthetic V1", animals + 1, "animals");
  for (let subject = 0; subject <= animals; subject++) {
    recordings.push(synthesizeRecording({ ...recording, seed, subject }, drawn));
    progress.advance(subject + 1);
  }
  progress.end();
  return recordings;
}

/** Writes run.json into the folder of a new run, or checks that the folder's run is the one to go on with. */
async function claimFolder(
  folder: RunFolder,
  animals: readonly Recording[],
  settings: CortexSettings,
  seed: number,
  resume: boolean,
): Promise<void> {
  const run = {
    command: "quickstart",
    configuration: { ...settings, seed },
    dataHash: hashRecordings(animals),
    seed,
    versions: versions(),
    data: describeData(animals),
  };
  const identity = ({ configuration, dataHash }: { configuration?: unknown; dataHash?: unknown }) =>
    JSON.stringify([configuration, dataHash]);
  if (resume && folder.has("run.json")) {
    if (identity((await folder.readJson("run.json")) as object) === identity(run)) return;
    throw new StriateError(
      `${folder.path} holds the run of a quickstart with another seed or other sizes`,
      "Leave --resume out to start one",
    );
  }
  for (const name of leftovers) await folder.remove(name);
  await folder.writeJson("run.json", run);
}
