import { basename } from "node:path";
import type { Compensation } from "../../convert/spiking-resnet/compensate.ts";
import { StriateError } from "../../error.ts";
import { loadDataset } from "../../formats/index.node.ts";
import { energyCaveats, energyNanojoules, macs } from "../../measure/index.ts";
import { checkImages } from "../../recipes/check-images.ts";
import { evaluateWithProgress } from "../../recipes/evaluate.ts";
import { evaluateSpiking, type SpikingEvaluation } from "../../recipes/evaluate-spiking.ts";
import { loadModel } from "../../recipes/model-path.node.ts";
import { peakMemoryMegabytes, provenance, versions } from "../../recipes/run-description.node.ts";
import { RunFolder } from "../../recipes/run-folder.node.ts";
import { encodeSpikingModel } from "../../recipes/spiking-model.ts";
import { convertSpikingResNet } from "../../recipes/spiking-resnet.ts";
import { type ConversionReport, conversionTextTable, renderConversion } from "../../report/index.ts";
import { type CommandContext, type OutputOptions, print } from "../command.ts";
import { pixelScale } from "../pixel-scale.ts";

export interface SpikingResNetRunOptions extends OutputOptions {
  readonly data?: string;
  readonly calibrate?: string;
  readonly mean?: number[];
  readonly std?: number[];
  readonly percentile: number;
  readonly compensation: Compensation;
  readonly steps: number;
  readonly start: number;
  readonly reset: "subtract" | "zero";
  readonly readout: "current" | "potential";
  readonly limit?: number;
  readonly out?: string;
}

/** Images that spikes and operations are counted on: counting takes half as long again as running. */
const COUNTED = 200;

/** Converts a float network with Spiking ResNet, measures it with and without each correction, and writes the run. */
export async function convertSpikingResNetRun(
  path: string,
  options: SpikingResNetRunOptions,
  { progress, signal }: CommandContext,
): Promise<void> {
  const begun = performance.now();
  const loaded = await loadModel(path, { preferred: "float", scale: pixelScale(options) });
  const { model } = loaded;
  if (model.description.kind.type !== "float") {
    throw new StriateError(
      `${path} holds a ${model.description.kind.type} network, spiking-resnet converts a float one`,
      "Give the float network, or use --method fast-snn",
    );
  }
  const source = options.data ?? options.calibrate ?? loaded.data;
  if (source === undefined) throw new StriateError("no images to calibrate on", "Give --calibrate");
  if (path.endsWith(".onnx") && options.mean === undefined)
    progress.note("no --mean and --std given: the network gets pixels from 0 to 1 as they are");
  const calibration = await loadDataset(options.calibrate ?? source, { split: "train" });
  const { test, notes } = await loadDataset(source, { split: "test" });
  for (const note of new Set([...calibration.notes, ...notes])) progress.note(note);
  checkImages(model.network.architecture.input, calibration.train);
  checkImages(model.network.architecture.input, test);

  const { limit } = options;
  const folder = await RunFolder.open(
    options.out ?? `${loaded.run ?? path.replace(/\.[^./]+$/, "")}-spiking`,
  );
  const float = await evaluateWithProgress(model, test, "the network as it is", progress, { limit, signal });
  const converted = await convertSpikingResNet(model, calibration.train, {
    percentile: options.percentile,
    compensation: options.compensation,
    steps: options.steps,
    start: options.start,
    reset: options.reset,
    readout: options.readout,
    progress,
    signal,
  });
  for (const note of converted.notes) progress.note(note);
  const saved = converted.variants.at(-1)!;
  await folder.write("spiking.safetensors", encodeSpikingModel(saved.model));
  await folder.writeJson("run.json", {
    command: "convert",
    method: "spiking-resnet",
    from: path,
    data: source,
    calibration: { images: calibration.train.name, hash: calibration.train.hash },
    settings: {
      percentile: options.percentile,
      compensation: options.compensation,
      steps: options.steps,
      start: options.start,
      reset: options.reset,
      readout: options.readout,
    },
    versions: versions(),
    model: "spiking",
  });

  const evaluations: SpikingEvaluation[] = [];
  for (const variant of converted.variants) {
    const steps = 2 * options.steps;
    progress.begin(`T = ${steps}, ${variant.name}`, Math.min(limit ?? test.count, test.count), "images");
    const result = await evaluateSpiking(variant.model, test, {
      steps,
      limit,
      countedImages: variant === saved ? COUNTED : 0,
      onProgress: (done) => progress.advance(done),
      signal,
    });
    progress.end(`${(100 * result.accuracy).toFixed(2)} %`);
    evaluations.push(result);
  }
  const last = evaluations.at(-1)!;
  const multiplyAccumulates = macs(model.network);
  const seconds = (performance.now() - begun) / 1000;
  const report: ConversionReport = {
    method: "spiking-resnet",
    subject: basename(path),
    data: `${test.name}, ${last.images} test images`,
    ann: {
      accuracy: float.accuracy,
      macs: multiplyAccumulates,
      energyNanojoules: energyNanojoules({ macs: multiplyAccumulates, acs: 0 }),
    },
    variants: converted.variants.map(({ name, layers }, i) => ({
      name,
      accuracyBySteps: evaluations[i]!.accuracyBySteps.map((accuracy, t) => ({ steps: t + 1, accuracy })),
      layers: layers.map(({ layer, error, rate }) => ({ name: layer, error, rate })),
    })),
    costs: last.costsBySteps.filter(
      ({ steps }) => steps === last.steps || Number.isInteger(Math.log2(steps)),
    ),
    notes: [
      ...converted.notes,
      `Spikes, operations and energy are means over ${last.countedImages} test images.`,
    ],
    energyCaveats,
    provenance: provenance(0),
    seconds: { total: seconds },
    peakMemoryMB: peakMemoryMegabytes(),
  };
  const result = { run: folder.path, source, scales: converted.scales, ...report };
  await folder.writeJson("result.json", result);
  await folder.write("report.html", renderConversion(report));
  print(
    options,
    result,
    () => `${conversionTextTable(report)}\n\nRun: ${folder.path}\nReport: ${folder.file("report.html")}`,
  );
}
