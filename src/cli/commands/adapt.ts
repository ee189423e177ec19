import { resolve } from "node:path";
import { type Command, Option } from "commander";
import type { AdaptationArm } from "../../cortex/adaptation.ts";
import { pathKinds } from "../../cortex/paths/path.ts";
import { type AdaptationTraining, adaptationTraining } from "../../cortex/presets.ts";
import { StriateError } from "../../error.ts";
import { pathsArm } from "../../recipes/adapt.node.ts";
import { checkArm, comparedArms, requireImages, trainingImages } from "../../recipes/adaptation-arms.ts";
import { collectingNotes } from "../../recipes/progress.ts";
import { loadResponseModel, supplyScales } from "../../recipes/response-model-path.node.ts";
import { hashRecordings, loadRecordings } from "../../recipes/response-recordings.node.ts";
import { describeData } from "../../recipes/response-run-description.ts";
import { versions } from "../../recipes/run-description.node.ts";
import { RunFolder } from "../../recipes/run-folder.node.ts";
import { scorableTrials } from "../../recipes/score-responses.ts";
import { claimRun } from "../claim-run.ts";
import {
  type CommandContext,
  choices,
  numberBetween,
  type OutputOptions,
  runCommand,
  wholeNumber,
} from "../command.ts";
import { compareAdaptations } from "./adapt-compare.ts";
import { adaptOnce } from "./adapt-once.ts";

interface Options extends OutputOptions {
  readonly data: string[];
  readonly paths?: (typeof pathKinds)[number][];
  readonly arm?: "readout" | "full" | "scratch";
  readonly compare?: boolean;
  readonly images: (number | undefined)[];
  readonly steps?: number;
  readonly batch?: number;
  readonly learningRate?: number;
  readonly out: string;
  readonly seed: number;
  readonly resume?: boolean;
  readonly force?: boolean;
  readonly checkpointEvery: number;
}

export function addAdapt(program: Command): void {
  program
    .command("adapt")
    .description("adapt a fitted model to another animal, kind of stimulus or data set, its core frozen")
    .argument(
      "<run or model>",
      "a run of striate fit or adapt, a model.safetensors, or a Sensorium baseline's .pth",
    )
    .requiredOption("--data <recordings...>", "what to adapt to: recordings, or folders of them")
    .option("--paths <list>", `paths to train, some of ${pathKinds.join(",")}`, choices("--paths", pathKinds))
    .addOption(
      new Option(
        "--arm <name>",
        "instead of paths: the readout alone, the whole model, or the model anew",
      ).choices(["readout", "full", "scratch"]),
    )
    .option("--compare", "instead of one: train and score every way of adapting, and keep the scores")
    .option(
      "--images <list>",
      "training images of each recording, or all; several, such as 16,64,all, with --compare",
      imageCounts,
      [undefined],
    )
    .option("--steps <number>", "training steps, whatever the number of images", wholeNumber("--steps"))
    .option("--batch <number>", "trials of each recording in a step", wholeNumber("--batch"))
    .option("--learning-rate <number>", "highest learning rate", numberBetween("--learning-rate", 1e-9, 10))
    .requiredOption("--out <folder>", "where to write the run")
    .option("--seed <number>", "seed of everything random", wholeNumber("--seed", 0), 1)
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
    .action((path: string, options: Options) =>
      runCommand(options, (context) => runAdapt(path, options, context)),
    );
}

async function runAdapt(path: string, options: Options, context: CommandContext): Promise<void> {
  const begun = performance.now();
  const { progress } = context;
  const chosen = chooseArm(options);
  if (resolve(options.out) === resolve(path))
    throw new StriateError(`--out is the run to adapt, ${path}`, "Give another folder");
  const base = await loadResponseModel(path);
  const arms = chosen === undefined ? comparedArms(base.model) : [chosen];
  for (const arm of arms) checkArm(path, base.model, arm);

  const notes: string[] = [];
  const noting = collectingNotes(progress, notes);
  const { height, width } = base.model.specification.input;
  const recordings = await loadRecordings(options.data, () => [height, width], noting);
  supplyScales(base, recordings, noting);
  supplyScales(base, recordings, noting);
  requireImages(recordings, options.images);
  for (const recording of recordings) scorableTrials(recording, "test");
  if (base.model.paths.length > 0)
    noting.note(
      `${path} has paths of its own (${base.model.paths.map(({ specification }) => specification.kind).join(", ")}); its core is adapted without them`,
    );

  const all = trainingImages(recordings);
  const images = [...new Set(options.images.map((count) => (count === all ? undefined : count)))];
  const training = trainingOf(options);
  const { seed } = options;
  const folder = await RunFolder.open(options.out);
  const configuration = { base: { file: base.file, hash: base.hash }, arms, images, training, seed };
  const run = {
    command: "adapt",
    ...(chosen && { model: "model" }),
    // "all" survives JSON, undefined does not
    configuration: { ...configuration, images: images.map((count) => count ?? "all") },
    dataHash: hashRecordings(recordings),
    seed,
    data: describeData(recordings),
    versions: versions(),
  };
  await claimRun(folder, run, options);
  const job = { path, base, recordings, all, arms, images, training, seed, folder, notes, begun };
  if (chosen === undefined) await compareAdaptations(job, options, context);
  else await adaptOnce({ ...job, arm: chosen }, options, context);
}

/** The arm that is asked for; undefined for all of them. */
function chooseArm({ paths, arm, compare, images }: Options): AdaptationArm | undefined {
  const given = [paths && "--paths", arm && "--arm", compare && "--compare"].filter(Boolean);
  if (given.length !== 1)
    throw new StriateError(
      given.length === 0 ? "what to train is missing" : `${given.join(" and ")} exclude each other`,
      "Give one of --paths, such as --paths subject,stimulus, --arm and --compare",
    );
  if (!compare && images.length > 1)
    throw new StriateError("--images has several numbers", "Give one, or compare them with --compare");
  if (paths !== undefined) return pathsArm(paths);
  if (arm === undefined) return undefined;
  return { train: arm === "full" ? "all" : arm };
}

const trainingOf = ({ steps, batch, learningRate }: Options): AdaptationTraining => ({
  ...adaptationTraining,
  ...(steps !== undefined && { steps }),
  ...(batch !== undefined && { batchSize: batch }),
  ...(learningRate !== undefined && { learningRate }),
});

/** Numbers of images, undefined for all. */
function imageCounts(text: string): (number | undefined)[] {
  return text.split(",").map((part) => (part.trim() === "all" ? undefined : wholeNumber("--images")(part)));
}
