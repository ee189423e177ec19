import { type Command, Option } from "commander";
import type { ConditionalScore } from "../../cortex/metrics/index.ts";
import { applyAdaptation } from "../../cortex/model-file.ts";
import { type AdaptationPath, pathKinds } from "../../cortex/paths/path.ts";
import type { ResponseModel } from "../../cortex/response-model.ts";
import { StriateError } from "../../error.ts";
import { readFileOrExplain, writeFileAtomic } from "../../formats/index.node.ts";
import { writeNpy } from "../../formats/index.ts";
import { type Tier, tiers } from "../../formats/recording.ts";
import { collectingNotes } from "../../recipes/progress.ts";
import {
  type LoadedResponseModel,
  loadResponseModel,
  supplyScales,
} from "../../recipes/response-model-path.node.ts";
import { loadRecordings } from "../../recipes/response-recordings.node.ts";
import { describeResponses } from "../../recipes/response-report.ts";
import { coreInWords, recordingsInWords } from "../../recipes/response-run-description.ts";
import { peakMemoryMegabytes, provenance } from "../../recipes/run-description.node.ts";
import { overallCorrelation, type ScoredRecording, scoresAsJson } from "../../recipes/score-responses.ts";
import { responseReport, responseTextTable } from "../../report/index.ts";
import {
  type CommandContext,
  choices,
  type OutputOptions,
  print,
  runCommand,
  wholeNumber,
} from "../command.ts";
import { scoreAll } from "../score-all.ts";

interface Options extends OutputOptions {
  readonly data: string[];
  readonly tier: Tier;
  readonly adaptation?: string;
  readonly paths: string;
  readonly require?: ConditionalScore[];
  readonly predictions?: string;
  readonly html?: string;
  readonly seed: number;
}

const conditionalScores = [
  "toAverage",
  "fev",
  "feve",
  "oracle",
  "normalizedCorrelation",
  "ceiling",
] as const satisfies readonly ConditionalScore[];

export function addScore(program: Command): void {
  program
    .command("score")
    .description("score a response model on recordings: correlation, FEVE, oracle, each with its interval")
    .argument(
      "<run or model>",
      "a run of striate fit or adapt, a model.safetensors, or a Sensorium baseline's .pth",
    )
    .requiredOption("--data <recordings...>", "recordings, or folders of them")
    .addOption(new Option("--tier <name>", "trials to score on").choices(tiers).default("test"))
    .option("--adaptation <file>", "adaptation.safetensors, which striate adapt made for this model's core")
    .option("--paths <list>", `paths that are on: all, none, or some of ${pathKinds.join(",")}`, "all")
    .option(
      "--require <list>",
      `fail unless the recordings allow these: ${conditionalScores.join(",")}`,
      choices("--require", conditionalScores),
    )
    .option(
      "--predictions <file.npy>",
      "also write predictions, (trials, neurons), in the units of the responses",
    )
    .option("--html <file>", "also write a report")
    .option("--seed <number>", "seed of the intervals", wholeNumber("--seed", 0), 1)
    .option("--json", "print the result as JSON")
    .option("--quiet", "no progress")
    .action((path: string, options: Options) =>
      runCommand(options, (context) => runScore(path, options, context)),
    );
}

async function runScore(path: string, options: Options, { progress, signal }: CommandContext): Promise<void> {
  const begun = performance.now();
  const loaded = await loadResponseModel(path);
  const { name } = loaded;
  const model = await adapted(loaded, options.adaptation);
  const paths = chosenPaths(model, options.paths);
  const { height, width } = model.specification.input;
  const notes: string[] = [];
  const reporter = collectingNotes(progress, notes);
  const recordings = await loadRecordings(options.data, () => [height, width], reporter);
  if (options.adaptation === undefined) supplyScales(loaded, recordings, reporter);
  if (options.predictions !== undefined && recordings.length > 1)
    throw new StriateError(
      `--predictions writes one array, --data holds ${recordings.length} recordings`,
      "Give one recording",
    );
  const { tier, seed, require: required } = options;
  const scored = await scoreAll(model, recordings, { tier, seed, required, paths }, { progress, signal });
  if (options.predictions !== undefined) await writePredictions(options.predictions, scored[0]!);

  const seconds = (performance.now() - begun) / 1000;
  const report = await describeResponses(name, model, scored, {
    run: "score",
    data: recordingsInWords(recordings),
    configuration: [
      ["core", coreInWords(model.specification.core)],
      ["tier", tier],
      ["paths", paths.map(({ specification }) => specification.kind).join(", ") || "none"],
    ],
    notes,
    provenance: provenance(seed),
    seconds: { total: seconds },
    peakMemoryMB: peakMemoryMegabytes(),
  });
  if (options.html !== undefined) await writeFileAtomic(options.html, responseReport(report));
  const result = {
    model: name,
    file: loaded.file,
    tier,
    paths: paths.map(({ specification }) => specification.kind),
    overall: overallCorrelation(scored, seed),
    subjects: scored.map(scoresAsJson),
    parameters: report.parameters,
    notes,
    seconds,
  };
  print(options, result, () => responseTextTable(report));
}

async function adapted({ model }: LoadedResponseModel, file: string | undefined): Promise<ResponseModel> {
  return file === undefined ? model : applyAdaptation(model, await readFileOrExplain(file), file);
}

function chosenPaths({ paths }: ResponseModel, list: string): readonly AdaptationPath[] {
  if (list === "all") return paths;
  if (list === "none") return [];
  const kinds = choices("--paths", pathKinds)(list);
  return kinds.map((kind) => {
    const path = paths.find(({ specification }) => specification.kind === kind);
    if (path !== undefined) return path;
    const known = paths.map(({ specification }) => specification.kind).join(", ");
    throw new StriateError(
      `the model has no ${kind} path, ${known === "" ? "nor any other" : `only ${known}`}`,
      "Choose others with --paths, or adapt the model with striate adapt",
    );
  });
}

async function writePredictions(
  file: string,
  { predictions, trials, recording }: ScoredRecording,
): Promise<void> {
  await writeFileAtomic(file, writeNpy({ shape: [trials.length, recording.neurons], data: predictions }));
}
