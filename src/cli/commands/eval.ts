import { type Command, Option } from "commander";
import { StriateError } from "../../error.ts";
import { loadDataset } from "../../formats/index.node.ts";
import { type Evaluation, evaluateWithProgress, withSimulation } from "../../recipes/evaluate.ts";
import { loadModel } from "../../recipes/model-path.node.ts";
import { type Metric, metricTextTable } from "../../report/index.ts";
import { type OutputOptions, print, runCommand, wholeNumber } from "../command.ts";

interface Options extends OutputOptions {
  readonly data?: string;
  readonly steps?: number;
  readonly neurons?: "signed" | "unsigned";
  readonly limit?: number;
  readonly batch: number;
}

export function addEval(program: Command): void {
  program
    .command("eval")
    .description("measure a network on test images: accuracy by steps, spikes, operations, energy, speed")
    .argument("<run or model>", "a run folder, or a .safetensors model")
    .option(
      "--data <source>",
      "mnist, fashion-mnist:<dir>, idx:<dir> or cifar10:<dir> (default: the run's own)",
    )
    .option("--steps <T>", "time steps (default: the network's own)", wholeNumber("--steps", 1, 10_000))
    .addOption(new Option("--neurons <kind>", "of a converted network").choices(["signed", "unsigned"]))
    .option("--limit <number>", "use only the first so many images", wholeNumber("--limit"))
    .option("--batch <number>", "images at a time", wholeNumber("--batch", 1, 10_000), 100)
    .option("--json", "print the result as JSON")
    .option("--quiet", "no progress")
    .action((path: string, options: Options) =>
      runCommand(options, async ({ progress, signal }) => {
        const { model, data } = await loadModel(path);
        const source = options.data ?? data;
        if (source === undefined) throw new StriateError("no data to measure on", "Give --data");
        const { test, notes } = await loadDataset(source, { split: "test" });
        for (const note of notes) progress.note(note);
        const { channels, height, width } = model.network.architecture.input;
        if (test.channels !== channels || test.height !== height || test.width !== width) {
          throw new StriateError(
            `${test.name} has images of ${test.channels}×${test.height}×${test.width}, the network takes ${channels}×${height}×${width}`,
            "Use the data that the network was trained on",
          );
        }
        const kind = withSimulation(model.description.kind, options.steps, options.neurons);
        const simulated = { ...model, description: { ...model.description, kind } };
        const result = await evaluateWithProgress(simulated, test, `evaluating, ${kind.type}`, progress, {
          batchSize: options.batch,
          limit: options.limit,
          signal,
        });
        const { accuracyBySteps, ...rest } = result;
        const bySteps = Object.fromEntries(accuracyBySteps.map((accuracy, t) => [t + 1, accuracy]));
        print(options, { network: kind, data: source, ...rest, accuracyBySteps: bySteps }, () =>
          metricTextTable(metricsOf(result)),
        );
      }),
    );
}

function metricsOf(result: Evaluation): Metric[] {
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
  ];
}
