import { type ImageDataset, sliceDataset } from "../../formats/dataset.ts";
import { writeFileAtomic } from "../../formats/files.node.ts";
import { loadDataset } from "../../formats/index.node.ts";
import { evaluateAnytime } from "../../recipes/anytime.ts";
import { checkImages } from "../../recipes/check-images.ts";
import { spikingModelOf } from "../../recipes/export.ts";
import type { AnyModel } from "../../recipes/model-path.node.ts";
import { imageShape } from "../../recipes/spiking-model.ts";
import { anytimeCurve, anytimeTextTable, figureDocument } from "../../report/index.ts";
import type { EngineName } from "../../spiking/choose-engine.ts";
import type { StoppingRule } from "../../spiking/index.ts";
import { type CommandContext, type OutputOptions, print } from "../command.ts";

export interface AnytimeCommandOptions extends OutputOptions {
  readonly anytime: StoppingRule;
  readonly threshold?: number;
  readonly tolerance?: number;
  readonly calibrate?: string;
  readonly calibrationImages?: number;
  readonly steps?: number;
  readonly batch?: number;
  readonly limit?: number;
  readonly engine?: EngineName | "auto";
  readonly svg?: string;
}

/** Measures a spiking model that stops as soon as it is sure; `source` is what the test images came from. */
export async function evaluateAnytimeRun(
  loaded: AnyModel,
  test: ImageDataset,
  source: string,
  options: AnytimeCommandOptions,
  { progress, signal }: CommandContext,
): Promise<void> {
  const model = await spikingModelOf(loaded);
  const [channels, height, width] = imageShape(model);
  const { train, notes } = await loadDataset(options.calibrate ?? source, { split: "train" });
  for (const note of notes) progress.note(note);
  for (const data of [train, test]) checkImages({ channels, height, width }, data);
  // The last images, as those that training held back for validation are; conversions calibrate on the first.
  const wanted = options.calibrationImages ?? 1000;
  const calibration = sliceDataset(train, Math.max(0, train.count - wanted), train.count);
  const result = await evaluateAnytime(model, calibration, test, {
    rule: options.anytime,
    threshold: options.threshold,
    tolerance: options.tolerance,
    steps: options.steps,
    batchSize: options.batch,
    engine: options.engine,
    limit: options.limit,
    progress,
    signal,
  });
  const { svg } = options;
  if (svg !== undefined) await writeFileAtomic(svg, anytimeCurve(result, { document: figureDocument() }));
  print(options, { data: source, ...result }, () => {
    const table = anytimeTextTable(result);
    return svg === undefined ? table : `${table}\n\nThe curves are drawn in ${svg}`;
  });
}
