import { StriateError } from "../../error.ts";
import { type ImageDataset, sliceDataset } from "../../formats/dataset.ts";
import { loadDataset } from "../../formats/index.node.ts";
import { energyCaveats, energyNanojoules, macs } from "../../measure/index.ts";
import type { Model } from "../../nn/model-file.ts";
import { checkImages } from "../../recipes/check-images.ts";
import { compareNetworks, comparisonSeries, convertForComparison } from "../../recipes/comparison.ts";
import type { ConversionOptions } from "../../recipes/convert.node.ts";
import { evaluateWithProgress } from "../../recipes/evaluate.ts";
import { loadModel } from "../../recipes/model-path.node.ts";
import { briefFineTuning, checkQuantizable } from "../../recipes/quantize.node.ts";
import { trainingHistory } from "../../recipes/quickstart-digits.node.ts";
import { peakMemoryMegabytes, provenance, versions } from "../../recipes/run-description.node.ts";
import { RunFolder } from "../../recipes/run-folder.node.ts";
import { networkTextTable, renderRun } from "../../report/index.ts";
import { type CommandContext, type OutputOptions, print } from "../command.ts";
import { pixelScale } from "../pixel-scale.ts";
import { type RetrainOptions, retrainQuantized } from "./retrain-quantized.ts";

export interface FastSnnOptions extends OutputOptions, RetrainOptions {
  readonly neurons: "signed" | "unsigned";
  readonly data?: string;
  readonly calibrate?: string;
  readonly mean?: number[];
  readonly std?: number[];
  readonly out?: string;
  readonly fineTune: boolean;
  readonly tuningImages?: number;
  readonly limit?: number;
}

/** Converts a quantised network, or a float one after a short quantised retraining; measures it and writes the run. */
export async function convertFastSnnRun(
  path: string,
  options: FastSnnOptions,
  context: CommandContext,
): Promise<void> {
  const begun = performance.now();
  const { progress, signal } = context;
  const preferred = `quantized-${options.bits}`;
  const { model, data: ownData, run } = await loadModel(path, { preferred, scale: pixelScale(options) });
  const isFloat = model.description.kind.type === "float";
  if (!isFloat) requireQuantized(model, path, options);
  const warnings = isFloat ? await checkQuantizable(model) : [];
  const source = options.data ?? options.calibrate ?? ownData;
  if (source === undefined) throw new StriateError("no data to measure on", "Give --data");
  if (path.endsWith(".onnx") && options.mean === undefined)
    warnings.push("No --mean and --std were given: the network gets pixels from 0 to 1 as they are.");
  const { train, test, notes } = await loadImages(source, options);
  for (const note of [...notes, ...warnings]) progress.note(note);
  checkImages(model.network.architecture.input, test);

  const out = options.out ?? `${run ?? path.replace(/\.(safetensors|onnx)$/, "")}-spiking`;
  const folder = await RunFolder.open(out);
  const description = {
    command: "convert",
    method: "fast-snn",
    from: path,
    data: source,
    seed: options.seed,
    versions: versions(),
    model: "spiking",
  };
  const ann = isFloat ? await measureFloat(model, test, context) : undefined;
  const retrained = isFloat
    ? await retrainQuantized(model, train, folder, description, options, context)
    : undefined;
  const quantized = retrained?.quantized ?? model;
  const tuning = {
    ...(isFloat && briefFineTuning),
    ...(options.tuningImages && { images: options.tuningImages }),
  };
  const settings: ConversionOptions = {
    neurons: options.neurons,
    seed: options.seed,
    fineTuning: options.fineTune ? tuning : false,
    progress,
    signal,
  };
  const { models, layers } = await convertForComparison(quantized, train, settings);
  const title = `quantised, ${options.bits} bits`;
  const twin = await evaluateWithProgress(quantized, test, title, progress, { signal });
  const networks = await compareNetworks(models, quantized, test, { progress, signal });
  await folder.writeModel("spiking", models.at(-1)!);
  const { spiking, ...series } = comparisonSeries(networks);
  const seconds = (performance.now() - begun) / 1000;
  const comparison = {
    ...(ann && { ann }),
    quantized: [{ bits: options.bits, accuracy: twin.accuracy }],
    spiking,
  };
  const result = {
    run: out,
    data: source,
    method: "fast-snn",
    ...comparison,
    fineTuning: layers,
    ...(retrained && { retraining: retrained.phases, notes: warnings }),
    seconds,
  };
  await folder.writeJson("run.json", retrained?.run ?? description);
  await folder.writeJson("result.json", result);
  const best = spiking.at(-1)!;
  const report = renderRun({
    run: "convert",
    subject: path,
    data: `${test.name}, ${test.count} test images`,
    provenance: provenance(options.seed),
    metrics: [
      { name: "accuracy", value: best.accuracy, as: "fraction" },
      { name: "time steps", value: best.steps, as: "count" },
      { name: "spikes per image", value: best.spikesPerImage, as: "count" },
      { name: "synaptic operations per image", value: best.synapticOperations, as: "count" },
      { name: "energy per image", value: best.energyNanojoules, as: "number", unit: "nJ" },
    ],
    networks: comparison,
    ...(retrained && { training: trainingHistory(retrained.phases)! }),
    ...series,
    energyCaveats: [...energyCaveats],
    seconds: { total: seconds },
    peakMemoryMB: peakMemoryMegabytes(),
  });
  await folder.write("report.html", report);
  print(
    options,
    result,
    () => `${networkTextTable(comparison)}\n\nRun: ${out}\nReport: ${folder.file("report.html")}`,
  );
}

function requireQuantized({ description: { kind } }: Model, path: string, options: FastSnnOptions): void {
  const { bits, epochs, learningRate, augment, resume } = options;
  if (kind.type !== "quantized" || kind.bits !== bits) {
    throw new StriateError(
      `${path} holds no network with ${bits}-bit activations`,
      `Train one first: a recipe with "quantized" phases of ${bits} bits`,
    );
  }
  if (epochs ?? learningRate ?? augment ?? resume) {
    throw new StriateError(
      `${path} holds a network with ${bits}-bit activations, which is not retrained`,
      "Leave out --epochs, --learning-rate, --augment and --resume, or give a float network",
    );
  }
}

/** The training images, and those to measure on. */
async function loadImages(
  source: string,
  { calibrate = source, limit }: FastSnnOptions,
): Promise<{ train: ImageDataset; test: ImageDataset; notes: string[] }> {
  const { train, notes } = await loadDataset(calibrate, { split: "train" });
  const measured = await loadDataset(source, { split: "test" });
  const { test } = measured;
  return {
    train,
    test: limit === undefined ? test : sliceDataset(test, 0, Math.min(limit, test.count)),
    notes: [...new Set([...notes, ...measured.notes])],
  };
}

async function measureFloat(model: Model, test: ImageDataset, { progress, signal }: CommandContext) {
  const { accuracy } = await evaluateWithProgress(model, test, "float network", progress, { signal });
  const operations = macs(model.network);
  return { accuracy, macs: operations, energyNanojoules: energyNanojoules({ macs: operations, acs: 0 }) };
}
