import { StriateError } from "../error.ts";
import type { ImageDataset } from "../formats/dataset.ts";
import { energyCaveats, energyNanojoules, macs } from "../measure/index.ts";
import type { Model } from "../nn/model-file.ts";
import { type QuickstartReport, type QuickstartSummary, spikingKind } from "../report/index.ts";
import { parseConfiguration, type TrainingConfiguration } from "./configuration.ts";
import { convertFastSnn, measureSequentialError } from "./convert.node.ts";
import { type Evaluation, evaluate } from "./evaluate.ts";
import { recipes } from "./presets.ts";
import { type ProgressReporter, silent } from "./progress.ts";
import { recordRaster } from "./raster.ts";
import { machine, peakMemoryMegabytes, versions } from "./run-description.node.ts";
import type { RunFolder } from "./run-folder.node.ts";
import { type TrainedPhase, train } from "./train.node.ts";

export interface QuickstartOptions {
  readonly seed: number;
  readonly progress?: ProgressReporter;
  readonly signal?: AbortSignal | undefined;
  readonly resume?: boolean;
}

/** Bits that the quickstart converts, the more exact network first. */
const CONVERTED_BITS = [3, 2];

interface Compared {
  readonly quantized: Model;
  readonly spiking: { readonly model: Model; readonly evaluation: Evaluation }[];
}

/**
 * The main job, from images to a report: trains a network in float and quantised to 4, 3 and 2 bits, converts it to
 * integrate-and-fire neurons, unsigned and signed, fine-tunes, and measures everything on the test images.
 */
export async function quickstart(
  data: { readonly train: ImageDataset; readonly test: ImageDataset },
  folder: RunFolder,
  { seed, progress = silent, signal, resume = false }: QuickstartOptions,
): Promise<QuickstartReport> {
  const clock = new Clock();
  const configuration = parseConfiguration({ ...recipes.digits!.quick, seed }, "the quickstart's recipe");
  if (resume) await requireSameRun(folder, configuration);
  await folder.writeJson("run.json", {
    command: "quickstart",
    configuration,
    seed,
    versions: versions(),
    model: "spiking-3",
  });
  const trained = await train(configuration, data.train, folder, { progress, signal, resume });
  clock.lap("training");

  const measured = async (model: Model, title: string): Promise<Evaluation> => {
    progress.begin(title, data.test.count, "images");
    const evaluation = await evaluate(model, data.test, {
      signal,
      onProgress: (done) => progress.advance(done),
    });
    progress.end(`${(100 * evaluation.accuracy).toFixed(2)} %`);
    return evaluation;
  };
  const float = await folder.readModel("float");
  const ann = await measured(float, "float network");
  const quantized: { bits: number; accuracy: number }[] = [];
  for (const { name, bits } of trained.phases) {
    if (bits === undefined) continue;
    const { accuracy } = await measured(await folder.readModel(name), `quantised, ${bits} bits`);
    quantized.push({ bits, accuracy });
  }
  clock.lap("evaluation");

  const compared: Compared[] = [];
  for (const bits of CONVERTED_BITS) {
    const model = await folder.readModel(`quantized-${bits}`);
    const options = { seed, batchSize: configuration.batchSize, progress, signal };
    const unsigned = await convertFastSnn(model, data.train, {
      ...options,
      neurons: "unsigned",
      fineTuning: false,
    });
    const signed = await convertFastSnn(model, data.train, {
      ...options,
      neurons: "signed",
      fineTuning: configuration.fineTuning,
    });
    clock.lap("conversion");
    const spiking = [];
    for (const network of [unsigned.plain, signed.plain, signed.fineTuned]) {
      const { steps, neurons, fineTuned } = spikingKindOf(network);
      const title = `T = ${steps}, ${neurons}${fineTuned ? ", tuned" : ""}`;
      spiking.push({ model: network, evaluation: await measured(network, title) });
    }
    compared.push({ quantized: model, spiking });
    await folder.writeModel(`spiking-${bits}`, signed.fineTuned);
    clock.lap("evaluation");
  }

  const report = await assemble(data, ann, quantized, float, compared, trained.phases, seed, clock);
  progress.note("");
  return report;
}

/** A run can only go on with the configuration that it was started with. */
async function requireSameRun(folder: RunFolder, configuration: TrainingConfiguration): Promise<void> {
  const earlier = folder.has("run.json")
    ? ((await folder.readJson("run.json")) as { configuration?: unknown })
    : {};
  if (JSON.stringify(earlier.configuration) === JSON.stringify(configuration)) return;
  throw new StriateError(
    `${folder.path} holds no quickstart with this seed to go on with`,
    "Leave --resume out to start one",
  );
}

function spikingKindOf({ description: { kind } }: Model) {
  if (kind.type !== "converted") throw new Error(`${kind.type} is not a converted network`);
  return kind;
}

async function assemble(
  data: { readonly train: ImageDataset; readonly test: ImageDataset },
  ann: Evaluation,
  quantized: { bits: number; accuracy: number }[],
  float: Model,
  compared: readonly Compared[],
  phases: readonly TrainedPhase[],
  seed: number,
  clock: Clock,
): Promise<QuickstartReport> {
  const all = compared.flatMap(({ quantized: twin, spiking }) =>
    spiking.map(({ model, evaluation }) => {
      const { bits, neurons, fineTuned, steps } = spikingKindOf(model);
      return { twin, model, evaluation, labels: { bits, neurons, fineTuned }, steps };
    }),
  );
  const annMacs = macs(float.network);
  const sequentialError = [];
  for (const { twin, model, labels } of all) {
    const layers = await measureSequentialError(twin, model, data.test);
    sequentialError.push({
      ...labels,
      layers: layers.map(({ layer, relative }) => ({ name: layer, error: relative })),
    });
  }
  const best = compared[0]!.spiking.at(-1)!.model;
  const { bits, neurons, fineTuned } = spikingKindOf(best);
  const raster = await recordRaster(best, data.test, 0);
  clock.lap("report");
  const summary: QuickstartSummary = {
    task: "mnist",
    images: { train: data.train.count, test: data.test.count },
    ann: { accuracy: ann.accuracy, macs: annMacs },
    quantized,
    spiking: all.map(({ evaluation, labels, steps }) => ({
      bits: labels.bits,
      steps,
      neurons: labels.neurons,
      fineTuned: labels.fineTuned,
      accuracy: evaluation.accuracy,
      spikesPerImage: evaluation.spikesPerImage,
      synapticOperations: evaluation.synapticOperations,
      energyNanojoules: evaluation.energyNanojoules,
    })),
    seconds: clock.seconds(),
    peakMemoryMB: peakMemoryMegabytes(),
  };
  return {
    summary,
    accuracyBySteps: all.map(({ evaluation, labels }) => ({
      ...labels,
      points: evaluation.accuracyBySteps.map((accuracy, t) => ({ steps: t + 1, accuracy })),
    })),
    sequentialError,
    firingRates: all.map(({ evaluation, labels, steps }) => ({
      ...labels,
      steps,
      layers: evaluation.firingRates.map((layer) => ({ ...layer })),
    })),
    raster: { ...raster, network: { bits, kind: spikingKind(neurons, fineTuned) } },
    training: trainingHistory(phases),
    energy: { annNanojoules: energyNanojoules({ macs: annMacs, acs: 0 }), caveats: [...energyCaveats] },
    provenance: {
      seed,
      command: `npm run quickstart -- --seed ${seed}`,
      versions: versions(),
      machine: machine(),
    },
  };
}

/** The loss and accuracy of each epoch, for the report's curve. */
export const trainingHistory = (phases: readonly TrainedPhase[]): QuickstartReport["training"] => ({
  unit: "epoch",
  heldOut: "validation images",
  phases: phases.map(({ name, bits, history }) => ({
    name: bits === undefined ? name : `${bits} bits`,
    points: history.map(({ epoch, metrics, validation }) => ({
      position: epoch,
      loss: metrics.loss!,
      accuracy: metrics.accuracy!,
      ...(validation === undefined ? {} : { heldOutAccuracy: validation }),
    })),
  })),
});

/** Wall-clock time by part of the work. */
class Clock {
  private readonly begun = performance.now();
  private last = this.begun;
  private readonly parts: Record<string, number> = {};

  lap(part: string): void {
    const now = performance.now();
    this.parts[part] = (this.parts[part] ?? 0) + (now - this.last) / 1000;
    this.last = now;
  }

  seconds(): { total: number; [part: string]: number } {
    const rounded = Object.entries(this.parts).map(([part, value]) => [part, Math.round(value * 10) / 10]);
    return { total: Math.round((performance.now() - this.begun) / 100) / 10, ...Object.fromEntries(rounded) };
  }
}
