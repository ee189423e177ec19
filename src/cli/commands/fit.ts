import { type Command, Option } from "commander";
import {
  inputSize,
  type ResponsePreset,
  type ResponsePresetName,
  responsePresets,
} from "../../cortex/presets.ts";
import { trialsOf } from "../../cortex/trials.ts";
import type { Recording } from "../../formats/recording.ts";
import { fitRun, newResponseModel } from "../../recipes/fit-run.node.ts";
import { collectingNotes } from "../../recipes/progress.ts";
import { withOverrides } from "../../recipes/response-preset.ts";
import { hashRecordings, loadRecordings } from "../../recipes/response-recordings.node.ts";
import { describeResponses } from "../../recipes/response-report.ts";
import { describeData, presetInWords, recordingsInWords } from "../../recipes/response-run-description.ts";
import { peakMemoryMegabytes, provenance, versions } from "../../recipes/run-description.node.ts";
import { RunFolder } from "../../recipes/run-folder.node.ts";
import { overallCorrelation, scorableTrials, scoresAsJson } from "../../recipes/score-responses.ts";
import { responseReport, responseTextTable } from "../../report/index.ts";
import { claimRun } from "../claim-run.ts";
import {
  type CommandContext,
  numberBetween,
  type OutputOptions,
  print,
  runCommand,
  wholeNumber,
} from "../command.ts";
import { readJsonFile } from "../json-file.ts";
import { scoreAll } from "../score-all.ts";
import { imageSize } from "./recording-import.ts";

interface Options extends OutputOptions {
  readonly model: ResponsePresetName;
  readonly out: string;
  readonly config?: string;
  readonly epochs?: number;
  readonly batch?: number;
  readonly learningRate?: number;
  readonly size?: [number, number];
  readonly seed: number;
  readonly behavior: boolean;
  readonly resume?: boolean;
  readonly force?: boolean;
  readonly checkpointEvery: number;
}

export function addFit(program: Command): void {
  program
    .command("fit")
    .description("fit a model of neural responses to images, one core for all recordings")
    .argument("<recordings...>", "recordings, or folders of them; striate recording makes some")
    .addOption(
      new Option("--model <name>", "which model")
        .choices(Object.keys(responsePresets))
        .default("v1t-small" satisfies ResponsePresetName),
    )
    .requiredOption("--out <folder>", "where to write the run")
    .option("--config <file>", 'JSON that replaces fields of the model, such as {"core": {"stride": 2}}')
    .option("--epochs <number>", "epochs at most", wholeNumber("--epochs"))
    .option("--batch <number>", "trials of each recording in a step", wholeNumber("--batch"))
    .option("--learning-rate <number>", "highest learning rate", numberBetween("--learning-rate", 1e-9, 10))
    .option(
      "--size <HxW>",
      "bring images to this height and width (default: the model's own)",
      imageSize("--size"),
    )
    .option("--seed <number>", "seed of everything random", wholeNumber("--seed", 0), 1)
    .option("--no-behavior", "leave out behaviour and pupil, even where all recordings have them")
    .option("--resume", "go on with an interrupted run; the result is the same to the last bit")
    .option("--force", "replace a run that the folder holds")
    .option(
      "--checkpoint-every <seconds>",
      "least time between checkpoints",
      wholeNumber("--checkpoint-every", 0),
      5,
    )
    .option("--json", "print the result as JSON")
    .option("--quiet", "no progress")
    .action((paths: string[], options: Options) =>
      runCommand(options, (context) => runFit(paths, options, context)),
    );
}

async function runFit(
  paths: readonly string[],
  options: Options,
  { progress, signal }: CommandContext,
): Promise<void> {
  const begun = performance.now();
  const { model: name, seed, behavior, out } = options;
  const preset = await choosePreset(options);
  const notes: string[] = [];
  const noting = collectingNotes(progress, notes);
  const size = (height: number, width: number) => options.size ?? inputSize(preset, height, width);
  const recordings = await loadRecordings(paths, size, noting);
  for (const recording of recordings) checkTiers(recording, noting.note);

  const configuration = { name, preset, behavior, seed };
  // what does not fit together is told before the run's folder is made
  newResponseModel(configuration, recordings);
  const folder = await RunFolder.open(out);
  const run = {
    command: "fit",
    model: "model",
    configuration,
    dataHash: hashRecordings(recordings),
    seed,
    data: describeData(recordings),
    versions: versions(),
  };
  await claimRun(folder, run, options);
  const fitted = await fitRun(configuration, recordings, folder, {
    progress,
    signal,
    resume: options.resume ?? false,
    checkpointSeconds: options.checkpointEvery,
  });

  const scored = await scoreAll(fitted.model, recordings, {}, { progress, signal });
  const seconds = (performance.now() - begun) / 1000;
  const context = {
    run: "fit" as const,
    data: recordingsInWords(recordings),
    configuration: [
      ["preset", options.config === undefined ? name : `${name}, changed by ${options.config}`] as const,
      ...presetInWords(preset, fitted.model.specification.input),
    ],
    notes,
    provenance: provenance(seed),
    seconds: { total: seconds, fitting: fitted.seconds },
    peakMemoryMB: peakMemoryMegabytes(),
  };
  const report = await describeResponses(name, fitted.model, scored, context, fitted.history);
  const result = {
    run: out,
    model: name,
    overall: overallCorrelation(scored),
    subjects: scored.map(scoresAsJson),
    parameters: report.parameters,
    epochs: fitted.history.length,
    notes,
    seconds,
  };
  await folder.writeJson("result.json", result);
  await folder.write("report.html", responseReport(report));
  print(
    options,
    result,
    () => `${responseTextTable(report)}\n\nRun: ${out}\nReport: ${folder.file("report.html")}`,
  );
}

async function choosePreset({
  model,
  config,
  epochs,
  batch,
  learningRate,
}: Options): Promise<ResponsePreset> {
  const configured =
    config === undefined
      ? responsePresets[model]
      : withOverrides(responsePresets[model], await readJsonFile(config), config);
  const training = {
    ...(epochs !== undefined && { epochs }),
    ...(batch !== undefined && { batchSize: batch }),
    ...(learningRate !== undefined && { learningRate }),
  };
  return withOverrides(configured, { training }, "the command line");
}

/** Tells before training what would only come to light after it. */
function checkTiers(recording: Recording, note: (line: string) => void): void {
  scorableTrials(recording, "test");
  if (trialsOf(recording, "validation").length < 2)
    note(`${recording.name}: no validation trials; the last epoch counts, not the best`);
}
