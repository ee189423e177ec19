import { StriateError } from "../error.ts";
import type { ImageDataset } from "../formats/dataset.ts";
import { energyCaveats, energyNanojoules, macs } from "../measure/index.ts";
import type { Model } from "../nn/model-file.ts";
import {
  type Provenance,
  type QuickstartReport,
  type QuickstartSummary,
  spikingKind,
} from "../report/index.ts";
import {
  type ComparedNetwork,
  compareNetworks,
  comparisonSeries,
  convertForComparison,
} from "./comparison.ts";
import { parseConfiguration, type TrainingConfiguration } from "./configuration.ts";
import { type Evaluation, evaluateWithProgress } from "./evaluate.ts";
import { recipes } from "./presets.ts";
import { type ProgressReporter, silent } from "./progress.ts";
import { recordRaster } from "./raster.ts";
import { peakMemoryMegabytes, provenance, versions } from "./run-description.node.ts";
import type { RunFolder } from "./run-folder.node.ts";
import { type TrainedPhase, train } from "./train.node.ts";
import { WorkClock } from "./work-clock.ts";

/** What both halves of the quickstart are told. */
export interface QuickstartJob {
  readonly seed: number;
  readonly progress?: ProgressReporter;
  readonly signal?: AbortSignal | undefined;
  /** Go on from what the folder holds; otherwise its earlier run is replaced. */
  readonly resume?: boolean;
}

/** Bits that the quickstart converts, the more exact network first. */
const CONVERTED_BITS = [3, 2];

/** The report of this half, once it is done. */
const reportFile = "digits.json";

/**
 * The first half of the quickstart: trains a network in float and quantised to 4, 3 and 2 bits, converts it to
 * integrate-and-fire neurons, unsigned and signed, fine-tunes, and measures everything on the test images.
 */
export async function quickstartDigits(
  data: { readonly train: ImageDataset; readonly test: ImageDataset },
  folder: RunFolder,
  { seed, progress = silent, signal, resume = false }: QuickstartJob,
): Promise<QuickstartReport> {
  const clock = new WorkClock();
  const configuration = parseConfiguration({ ...recipes.digits!.quick, seed }, "the quickstart's recipe");
  if (resume) {
    await requireSameRun(folder, configuration);
    if (folder.has(reportFile)) return (await folder.readJson(reportFile)) as QuickstartReport;
  } else await folder.remove(reportFile);
  await folder.writeJson("run.json", {
    command: "quickstart",
    configuration,
    seed,
    versions: versions(),
    model: "spiking-3",
  });
  const trained = await train(configuration, data.train, folder, { progress, signal, resume });
  clock.lap("training");

  const measured = (model: Model, title: string) =>
    evaluateWithProgress(model, data.test, title, progress, { signal });
  const float = await folder.readModel("float");
  const ann = await measured(float, "float network");
  const quantized: { bits: number; accuracy: number }[] = [];
  for (const { name, bits } of trained.phases) {
    if (bits === undefined) continue;
    const { accuracy } = await measured(await folder.readModel(name), `quantised, ${bits} bits`);
    quantized.push({ bits, accuracy });
  }
  clock.lap("evaluation");

  const compared: ComparedNetwork[] = [];
  const { batchSize, fineTuning } = configuration;
  for (const bits of CONVERTED_BITS) {
    const twin = await folder.readModel(`quantized-${bits}`);
    const options = { seed, batchSize, fineTuning, progress, signal };
    const { models } = await convertForComparison(twin, data.train, options);
    clock.lap("conversion");
    compared.push(...(await compareNetworks(models, twin, data.test, { progress, signal })));
    await folder.writeModel(`spiking-${bits}`, models.at(-1)!);
    clock.lap("evaluation");
  }

  const report = await assemble(data, ann, quantized, float, compared, trained.phases, seed, clock);
  await folder.writeJson(reportFile, report);
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

async function assemble(
  data: { readonly train: ImageDataset; readonly test: ImageDataset },
  ann: Evaluation,
  quantized: { bits: number; accuracy: number }[],
  float: Model,
  compared: readonly ComparedNetwork[],
  phases: readonly TrainedPhase[],
  seed: number,
  clock: WorkClock,
): Promise<QuickstartReport> {
  const annMacs = macs(float.network);
  const { spiking, ...series } = comparisonSeries(compared);
  const { model: best, labels } = compared.findLast(({ labels: { bits } }) => bits === CONVERTED_BITS[0])!;
  const raster = await recordRaster(best, data.test, 0);
  clock.lap("report");
  const summary: QuickstartSummary = {
    task: "mnist",
    images: { train: data.train.count, test: data.test.count },
    ann: { accuracy: ann.accuracy, macs: annMacs },
    quantized,
    spiking,
    seconds: clock.seconds(),
    peakMemoryMB: peakMemoryMegabytes(),
  };
  return {
    summary,
    ...series,
    raster: {
      ...raster,
      network: { bits: labels.bits, kind: spikingKind(labels.neurons, labels.fineTuned) },
    },
    training: trainingHistory(phases),
    energy: { annNanojoules: energyNanojoules({ macs: annMacs, acs: 0 }), caveats: [...energyCaveats] },
    provenance: quickstartProvenance(seed),
  };
}

export const quickstartProvenance = (seed: number): Provenance => ({
  ...provenance(seed),
  command: `npm run quickstart -- --seed ${seed}`,
});

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
