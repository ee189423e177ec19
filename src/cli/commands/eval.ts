import { type Command, Option } from "commander";
import { StriateError } from "../../error.ts";
import type { ImageDataset } from "../../formats/dataset.ts";
import { loadDataset } from "../../formats/index.node.ts";
import type { Model } from "../../nn/model-file.ts";
import { checkImages } from "../../recipes/check-images.ts";
import { type Evaluation, evaluateWithProgress, withSimulation } from "../../recipes/evaluate.ts";
import { evaluateSpiking } from "../../recipes/evaluate-spiking.ts";
import { spikingModelOf } from "../../recipes/export.ts";
import { isSpikingModel, loadAnyModel } from "../../recipes/model-path.node.ts";
import { imageShape, type SpikingModel } from "../../recipes/spiking-model.ts";
import { type Metric, metricTextTable } from "../../report/index.ts";
import { type EngineName, engineChoiceText, engineNames } from "../../spiking/choose-engine.ts";
import { type StoppingRule, stoppingRules } from "../../spiking/index.ts";
import {
  type CommandContext,
  numberBetween,
  numberList,
  type OutputOptions,
  print,
  runCommand,
  wholeNumber,
} from "../command.ts";
import { pixelScale } from "../pixel-scale.ts";
import { evaluateAnytimeRun } from "./eval-anytime.ts";

interface Options extends OutputOptions {
  readonly data?: string;
  readonly steps?: number;
  readonly neurons?: "signed" | "unsigned";
  readonly limit?: number;
  readonly batch?: number;
  readonly count?: number;
  readonly engine?: EngineName | "auto";
  readonly weights?: "float32" | "int8";
  readonly mean?: number[];
  readonly std?: number[];
  readonly anytime?: StoppingRule;
  readonly threshold?: number;
  readonly tolerance?: number;
  readonly calibrate?: string;
  readonly calibrationImages?: number;
  readonly svg?: string;
}

export function addEval(program: Command): void {
  program
    .command("eval")
    .description("measure a network on test images: accuracy by steps, spikes, operations, energy, speed")
    .argument("<run or model>", "a run folder, a .safetensors model or an .onnx file")
    .option(
      "--data <source>",
      "mnist, fashion-mnist:<dir>, idx:<dir> or cifar10:<dir> (default: the run's own)",
    )
    .option("--steps <T>", "time steps (default: the network's own)", wholeNumber("--steps", 1, 10_000))
    .addOption(new Option("--neurons <kind>", "of a converted network").choices(["signed", "unsigned"]))
    .option("--limit <number>", "use only the first so many images", wholeNumber("--limit"))
    .option("--batch <number>", "images at a time", wholeNumber("--batch", 1, 10_000))
    .option(
      "--count <number>",
      "images on which a spiking graph's spikes and operations are counted (default: 200)",
      wholeNumber("--count", 0),
    )
    .addOption(
      new Option(
        "--engine <name>",
        "what runs a spiking graph: dense, event by event, or the faster one, measured (default: auto)",
      ).choices([...engineNames, "auto"]),
    )
    .addOption(
      new Option(
        "--weights <precision>",
        "int8: also run a spiking graph event by event with weights of 8 bits, and say what that changes",
      ).choices(["float32", "int8"]),
    )
    .option("--mean <list>", "mean of each channel of an ONNX network's pixels, 0 to 1", numberList("--mean"))
    .option("--std <list>", "deviation of each channel of an ONNX network's pixels", numberList("--std"))
    .addOption(
      new Option(
        "--anytime <rule>",
        "let a spiking network stop as soon as it is sure: accuracy against mean steps, time saved",
      ).choices(stoppingRules),
    )
    .option(
      "--threshold <certainty>",
      "stop at this certainty (default: the lowest that keeps the accuracy on the calibration images)",
      numberBetween("--threshold", Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY),
    )
    .option(
      "--tolerance <fraction>",
      "accuracy that may be lost on the calibration images, 0 to 1 (default: 0)",
      numberBetween("--tolerance", 0, 1),
    )
    .option("--calibrate <source>", "whose training images to calibrate on (default: those of --data)")
    .option(
      "--calibration-images <number>",
      "the last so many training images (default: 1000)",
      wholeNumber("--calibration-images"),
    )
    .option("--svg <file>", "with --anytime, also draw accuracy against mean steps")
    .option("--json", "print the result as JSON")
    .option("--quiet", "no progress")
    .action((path: string, options: Options) =>
      runCommand(options, async ({ progress, signal }) => {
        const scale = pixelScale(options);
        const { model, data } = await loadAnyModel(path, { scale });
        const source = options.data ?? data;
        if (source === undefined) throw new StriateError("no data to measure on", "Give --data");
        const { test, notes } = await loadDataset(source, { split: "test" });
        for (const note of notes) progress.note(note);
        const { anytime } = options;
        if (anytime !== undefined) {
          return evaluateAnytimeRun(model, test, source, { ...options, anytime }, { progress, signal });
        }
        checkAnytimeOptions(options);
        // a Fast-SNN network is evaluated as a network unless an engine is asked for
        const graphModel =
          isSpikingModel(model) || options.engine !== undefined || options.weights === "int8"
            ? await spikingModelOf(model)
            : undefined;
        const measured = graphModel
          ? await evaluateGraph(graphModel, test, options, { progress, signal })
          : await evaluateNetwork(model as Model, test, options, { progress, signal });
        const { network, result } = measured;
        const { accuracyBySteps, ...rest } = result;
        const bySteps = Object.fromEntries(accuracyBySteps.map((accuracy, t) => [t + 1, accuracy]));
        print(options, { network, data: source, ...rest, accuracyBySteps: bySteps }, () =>
          metricTextTable(metricsOf(result)),
        );
      }),
    );
}

function checkAnytimeOptions(options: Options): void {
  const given = (["threshold", "tolerance", "calibrate", "calibrationImages", "svg"] as const).find(
    (name) => options[name] !== undefined,
  );
  if (given === undefined) return;
  const option = given.replace(/[A-Z]/, (letter) => `-${letter.toLowerCase()}`);
  throw new StriateError(`--${option} is for --anytime`, "Give --anytime with a rule, or leave it out");
}

/** What weights of 8 bits come to, beside those of the network. */
interface Rounded {
  readonly accuracy: number;
  readonly change: number;
  readonly accuracyBySteps: readonly number[];
  readonly imagesPerSecond: number;
}

interface Measured {
  readonly network: unknown;
  readonly result: Evaluation & { readonly int8?: Rounded };
}

async function evaluateNetwork(
  model: Model,
  test: ImageDataset,
  options: Options,
  { progress, signal }: CommandContext,
): Promise<Measured> {
  checkImages(model.network.architecture.input, test);
  const kind = withSimulation(model.description.kind, options.steps, options.neurons);
  const simulated = { ...model, description: { ...model.description, kind } };
  const result = await evaluateWithProgress(simulated, test, `evaluating, ${kind.type}`, progress, {
    batchSize: options.batch ?? 100,
    limit: options.limit,
    signal,
  });
  return { network: kind, result };
}

async function evaluateGraph(
  model: SpikingModel,
  test: ImageDataset,
  options: Options,
  { progress, signal }: CommandContext,
): Promise<Measured> {
  const [channels, height, width] = imageShape(model);
  checkImages({ channels, height, width }, test);
  if (options.neurons !== undefined)
    throw new StriateError(
      "--neurons is for networks converted with fast-snn, without --engine",
      "Leave it out",
    );
  const { method, readout, steps } = model.description;
  const common = {
    steps: options.steps,
    ...(options.batch !== undefined && { batchSize: options.batch }),
    limit: options.limit,
    onProgress: (done: number) => progress.advance(done),
    signal,
  };
  const images = Math.min(options.limit ?? test.count, test.count);
  progress.begin(`evaluating, ${method}`, images, "images");
  const result = await evaluateSpiking(model, test, {
    ...common,
    ...(options.count !== undefined && { countedImages: options.count }),
    engine: options.engine ?? "auto",
    onChoice: (choice) => progress.note(engineChoiceText(choice)),
  });
  progress.end(`${(100 * result.accuracy).toFixed(2)} %`);
  const network = { type: method, readout, steps: options.steps ?? steps };
  if (options.weights !== "int8") return { network, result };
  progress.begin("weights of 8 bits", images, "images");
  const rounded = await evaluateSpiking(model, test, {
    ...common,
    countedImages: 0,
    engine: "event",
    weights: "int8",
  });
  progress.end(`${(100 * rounded.accuracy).toFixed(2)} %`);
  const { accuracy, accuracyBySteps, imagesPerSecond } = rounded;
  const int8 = { accuracy, change: accuracy - result.accuracy, accuracyBySteps, imagesPerSecond };
  return { network, result: { ...result, int8 } };
}

function metricsOf(result: Measured["result"]): Metric[] {
  const spiking: Metric[] =
    result.spikesPerImage === 0
      ? []
      : [
          { name: "time steps", value: result.steps, as: "count" },
          { name: "spikes per image", value: result.spikesPerImage, as: "count" },
          ...result.firingRates.map(
            ({ name, rate }): Metric => ({
              name: `firing rate, ${name}`,
              value: rate,
              as: "number",
              unit: "per step",
            }),
          ),
        ];
  return [
    { name: "accuracy", value: result.accuracy, as: "fraction" },
    { name: "images", value: result.images, as: "count" },
    ...spiking,
    { name: "synaptic operations per image", value: result.synapticOperations, as: "count" },
    { name: "energy per image (45 nm)", value: result.energyNanojoules, as: "number", unit: "nJ" },
    { name: "speed", value: result.imagesPerSecond, as: "count", unit: "images/s" },
    ...(result.int8
      ? ([
          { name: "accuracy, 8-bit weights", value: result.int8.accuracy, as: "fraction" },
          { name: "change of accuracy", value: 100 * result.int8.change, as: "number", unit: "points" },
          { name: "speed, 8-bit weights", value: result.int8.imagesPerSecond, as: "count", unit: "images/s" },
        ] satisfies Metric[])
      : []),
  ];
}
