import { StriateError } from "../../error.ts";
import { loadDataset } from "../../formats/index.node.ts";
import { energyCaveats } from "../../measure/index.ts";
import { compareNetworks, comparisonSeries, convertForComparison } from "../../recipes/comparison.ts";
import type { ConversionOptions } from "../../recipes/convert.node.ts";
import { evaluateWithProgress } from "../../recipes/evaluate.ts";
import { loadModel } from "../../recipes/model-path.node.ts";
import { machine, peakMemoryMegabytes, versions } from "../../recipes/run-description.node.ts";
import { RunFolder } from "../../recipes/run-folder.node.ts";
import { networkTextTable, renderRun } from "../../report/index.ts";
import { type CommandContext, type OutputOptions, print } from "../command.ts";

export interface FastSnnOptions extends OutputOptions {
  readonly bits: number;
  readonly neurons: "signed" | "unsigned";
  readonly data?: string;
  readonly out?: string;
  readonly seed: number;
  readonly fineTune: boolean;
  readonly tuningImages: number;
}

/** Converts a quantised network, measures it, and writes the run. */
export async function convertFastSnnRun(
  path: string,
  options: FastSnnOptions,
  { progress, signal }: CommandContext,
): Promise<void> {
  const begun = performance.now();
  const {
    model: quantized,
    data: ownData,
    run,
  } = await loadModel(path, {
    preferred: `quantized-${options.bits}`,
  });
  const { kind } = quantized.description;
  if (kind.type !== "quantized" || kind.bits !== options.bits) {
    throw new StriateError(
      `${path} holds no network with ${options.bits}-bit activations`,
      `Train one first: a recipe with "quantized" phases of ${options.bits} bits`,
    );
  }
  const source = options.data ?? ownData;
  if (source === undefined) throw new StriateError("no data to measure on", "Give --data");
  const { train, test, notes } = await loadDataset(source);
  for (const note of notes) progress.note(note);
  const out = options.out ?? `${run ?? path.replace(/\.safetensors$/, "")}-spiking`;
  const folder = await RunFolder.open(out);
  const settings: ConversionOptions = {
    neurons: options.neurons,
    seed: options.seed,
    fineTuning: options.fineTune ? { images: options.tuningImages } : false,
    progress,
    signal,
  };
  const { models, layers } = await convertForComparison(quantized, train, settings);
  const title = `quantised, ${kind.bits} bits`;
  const twin = await evaluateWithProgress(quantized, test, title, progress, { signal });
  const networks = await compareNetworks(models, quantized, test, { progress, signal });
  await folder.writeModel("spiking", models.at(-1)!);
  const { spiking, ...series } = comparisonSeries(networks);
  const seconds = (performance.now() - begun) / 1000;
  const comparison = { quantized: [{ bits: kind.bits, accuracy: twin.accuracy }], spiking };
  const result = {
    run: out,
    data: source,
    method: "fast-snn",
    ...comparison,
    fineTuning: layers,
    seconds,
  };
  await folder.writeJson("run.json", {
    command: "convert",
    method: "fast-snn",
    from: path,
    data: source,
    seed: options.seed,
    versions: versions(),
    model: "spiking",
  });
  await folder.writeJson("result.json", result);
  const best = spiking.at(-1)!;
  const report = renderRun({
    run: "convert",
    subject: path,
    data: `${test.name}, ${test.count} test images`,
    provenance: {
      seed: options.seed,
      command: process.argv.slice(2).join(" "),
      versions: versions(),
      machine: machine(),
    },
    metrics: [
      { name: "accuracy", value: best.accuracy, as: "fraction" },
      { name: "time steps", value: best.steps, as: "count" },
      { name: "spikes per image", value: best.spikesPerImage, as: "count" },
      { name: "synaptic operations per image", value: best.synapticOperations, as: "count" },
      { name: "energy per image", value: best.energyNanojoules, as: "number", unit: "nJ" },
    ],
    networks: comparison,
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
