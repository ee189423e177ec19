import type { Command } from "commander";
import { StriateError } from "../../error.ts";
import { loadDataset, readFileOrExplain } from "../../formats/index.node.ts";
import {
  parseConfiguration,
  type TrainingConfiguration,
  type TrainingConfigurationInput,
} from "../../recipes/configuration.ts";
import { evaluateWithProgress } from "../../recipes/evaluate.ts";
import { findRecipe, recipes } from "../../recipes/presets.ts";
import { trainingHistory } from "../../recipes/quickstart-digits.node.ts";
import { peakMemoryMegabytes, provenance, versions } from "../../recipes/run-description.node.ts";
import { RunFolder } from "../../recipes/run-folder.node.ts";
import { train } from "../../recipes/train.node.ts";
import { type Metric, metricTextTable, renderRun } from "../../report/index.ts";
import { type OutputOptions, print, runCommand, wholeNumber } from "../command.ts";
import { requireSameRun } from "../same-run.ts";

interface Options extends OutputOptions {
  readonly preset?: string;
  readonly data?: string;
  readonly out?: string;
  readonly seed?: number;
  readonly resume?: boolean;
  readonly force?: boolean;
  readonly checkpointEvery?: number;
}

export function addTrain(program: Command): void {
  const names = Object.entries(recipes).map(
    ([name, presets]) => `${name} (${Object.keys(presets).join(", ")})`,
  );
  program
    .command("train")
    .description("train a network: a recipe by name, or a configuration file")
    .argument("<recipe or config.json>", `a recipe: ${names.join("; ")}; or a path that ends in .json`)
    .option("--preset <name>", "which form of the recipe")
    .option(
      "--data <source>",
      "mnist, fashion-mnist:<dir>, idx:<dir> or cifar10:<dir>; replaces the recipe's",
    )
    .option("--out <folder>", "where to write the run (default: runs/<name of the recipe>)")
    .option("--seed <number>", "seed of everything random", wholeNumber("--seed", 0))
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
    .action((recipe: string, options: Options) =>
      runCommand(options, (context) => runTrain(recipe, options, context)),
    );
}

async function runTrain(
  recipe: string,
  options: Options,
  { progress, signal }: Parameters<Parameters<typeof runCommand>[1]>[0],
): Promise<void> {
  const configuration = await findConfiguration(recipe, options);
  const out = options.out ?? `runs/${configuration.name}`;
  const { train: training, test, notes } = await loadDataset(configuration.data);
  for (const note of notes) progress.note(note);
  const folder = await RunFolder.open(out);
  await claimFolder(folder, configuration, training.hash, options);
  const begun = performance.now();
  const { phases } = await train(configuration, training, folder, {
    progress,
    signal,
    resume: options.resume ?? false,
    checkpointSeconds: options.checkpointEvery ?? 5,
  });
  const networks = [];
  for (const { name, bits } of phases) {
    const model = await folder.readModel(name);
    const { accuracy, spikesPerImage } = await evaluateWithProgress(
      model,
      test,
      `testing ${name}`,
      progress,
      {
        signal,
      },
    );
    networks.push({ name, bits, accuracy, ...(name === "spiking" ? { spikesPerImage } : {}) });
  }
  const seconds = (performance.now() - begun) / 1000;
  const result = {
    run: out,
    data: configuration.data,
    images: { train: training.count, test: test.count },
    networks,
    seconds,
  };
  await folder.writeJson("result.json", result);
  const metrics: Metric[] = networks
    .toReversed()
    .map(({ name, accuracy }) => ({ name: `test accuracy, ${name}`, value: accuracy, as: "fraction" }));
  const report = renderRun({
    run: "train",
    subject: configuration.name,
    data: `${test.name}, ${test.count} test images`,
    provenance: provenance(configuration.seed),
    metrics,
    training: trainingHistory(phases)!,
    seconds: { total: seconds },
    peakMemoryMB: peakMemoryMegabytes(),
  });
  await folder.write("report.html", report);
  print(
    options,
    result,
    () => `${metricTextTable(metrics)}\n\nRun: ${out}\nReport: ${folder.file("report.html")}`,
  );
}

async function findConfiguration(recipe: string, options: Options): Promise<TrainingConfiguration> {
  const overrides = {
    ...(options.data === undefined ? {} : { data: options.data }),
    ...(options.seed === undefined ? {} : { seed: options.seed }),
  };
  if (!recipe.endsWith(".json")) {
    const found = findRecipe(recipe, options.preset);
    if (found === undefined) {
      throw new StriateError(
        `there is no recipe "${recipe}"`,
        `The recipes are ${Object.keys(recipes).join(", ")}; a configuration file must end in .json`,
      );
    }
    return parseConfiguration({ ...found, ...overrides }, `recipe ${recipe}`);
  }
  const bytes = await readFileOrExplain(recipe);
  let json: TrainingConfigurationInput;
  try {
    json = JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    throw new StriateError(`${recipe} is not valid JSON: ${(error as Error).message}`);
  }
  return parseConfiguration(
    typeof json === "object" && json !== null ? { ...json, ...overrides } : json,
    recipe,
  );
}

/** Writes run.json into a new folder, or checks that the folder's run is the one to go on with. */
async function claimFolder(
  folder: RunFolder,
  configuration: TrainingConfiguration,
  dataHash: string,
  options: Options,
): Promise<void> {
  if (options.resume) return requireSameRun(folder, configuration, dataHash);
  if (folder.has("run.json") && !options.force) {
    throw new StriateError(
      `${folder.path} already holds a run`,
      "Go on with it with --resume, replace it with --force, or use another --out",
    );
  }
  await folder.remove("checkpoint.safetensors");
  const last = configuration.spiking
    ? "spiking"
    : configuration.quantized
      ? `quantized-${configuration.quantized.phases.at(-1)!.bits}`
      : "float";
  await folder.writeJson("run.json", {
    command: "train",
    configuration,
    dataHash,
    seed: configuration.seed,
    versions: versions(),
    model: last,
  });
}
