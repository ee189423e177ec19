import { StriateError } from "../error.ts";
import type { ImageDataset } from "../formats/dataset.ts";
import { orderedBatch } from "../nn/batches.ts";
import {
  accuracyBySteps,
  type CalibratedRule,
  calibrateRules,
  decide,
  decisionsOf,
  lowestKeeping,
  type RecordedEvidence,
  type StoppingRule,
  type SweepPoint,
  spreadThresholds,
  sweep,
  tabulate,
} from "../spiking/anytime/index.ts";
import { chooseEngine, type EngineName, engineChoiceText, makeEngine } from "../spiking/choose-engine.ts";
import { nodesOf } from "../spiking/graph/index.ts";
import { ClassReadout } from "../spiking/readout.ts";
import { type ProgressReporter, silent } from "./progress.ts";
import { recordEvidence, warmUp } from "./record-evidence.ts";
import { imageShape, type SpikingModel } from "./spiking-model.ts";

export interface AnytimeOptions {
  /** The rule that is run. */
  readonly rule: StoppingRule;
  /** Stop at this certainty; when absent, at the lowest that keeps the accuracy of all steps on the calibration images. */
  readonly threshold?: number | undefined;
  /** How much accuracy may be lost on the calibration images, 0 to 1; 0 when absent. */
  readonly tolerance?: number | undefined;
  /** Most time steps T; the model's own when absent. */
  readonly steps?: number | undefined;
  readonly batchSize?: number | undefined;
  readonly limit?: number | undefined;
  /** What runs the network; "auto", the default, is the faster one, measured. */
  readonly engine?: EngineName | "auto" | undefined;
  readonly progress?: ProgressReporter;
  readonly signal?: AbortSignal | undefined;
}

/** A threshold, and what stopping at it came to on the calibration images and on the test images. */
export interface AnytimePoint extends SweepPoint {
  readonly calibration: { readonly accuracy: number; readonly meanSteps: number };
}

export interface AnytimeCurve {
  readonly rule: StoppingRule;
  readonly temperature?: number;
  /** By rising threshold. */
  readonly points: readonly AnytimePoint[];
  /** The lowest threshold that keeps the accuracy on the calibration images; undefined where none does. */
  readonly chosen?: AnytimePoint;
}

export interface AnytimeEvaluation {
  readonly rule: StoppingRule;
  readonly threshold: number;
  readonly tolerance: number;
  readonly calibration: { readonly data: string; readonly images: number; readonly accuracy: number };
  readonly images: number;
  /** All images in T steps. */
  readonly fixed: {
    readonly steps: number;
    readonly accuracy: number;
    readonly accuracyBySteps: readonly number[];
    readonly imagesPerSecond: number;
  };
  /** Each image in as many steps as it needed, with time saved in truth: what was decided made place for others. */
  readonly anytime: {
    readonly accuracy: number;
    readonly meanSteps: number;
    /** Images that stopped after 1, 2, … T steps. */
    readonly imagesBySteps: readonly number[];
    readonly imagesPerSecond: number;
    /** Images that are decided otherwise than after all T steps. */
    readonly changedDecisions: number;
  };
  /** Every rule on the same images, from recorded outputs. */
  readonly curves: readonly AnytimeCurve[];
}

const THRESHOLDS = 60;

/**
 * Measures what a spiking model gains when it stops as soon as it is sure: rules calibrated on images that are not the
 * test's, accuracy against mean steps of every rule, and one rule run in earnest.
 */
export async function evaluateAnytime(
  model: SpikingModel,
  calibration: ImageDataset,
  test: ImageDataset,
  options: AnytimeOptions,
): Promise<AnytimeEvaluation> {
  const { rule, tolerance = 0, steps = model.description.steps, batchSize = 25, progress = silent } = options;
  if (steps < 2) throw new StriateError("a network that takes one step cannot stop earlier", "Give --steps");
  const images = Math.min(test.count, options.limit ?? test.count);
  const engine = await engineFor(model, calibration, steps, batchSize, options);
  const common = { steps, batchSize, engine, progress, signal: options.signal };
  const calibrated = await recordEvidence(model, calibration, { ...common, title: "calibrating" });
  const known = calibrated.evidence;
  const recorded = await recordEvidence(model, test, {
    ...common,
    limit: images,
    title: `all T = ${steps} steps`,
  });
  const rules = calibrateRules(known);
  const target = accuracyBySteps(known).at(-1)! - tolerance;
  const curves = rules.map((each) => curveOf(each, known, recorded.evidence, target));

  const own = rules.find((each) => each.rule === rule)!;
  const threshold = options.threshold ?? curves.find((curve) => curve.rule === rule)!.chosen?.threshold;
  if (threshold === undefined) {
    throw new StriateError(
      `no threshold of the rule "${rule}" keeps ${(100 * target).toFixed(2)} % on the ${known.samples} calibration images`,
      "Give --threshold, or a --tolerance",
    );
  }
  const anytime = await runAnytime(model, test, own, threshold, { ...common, evidence: recorded.evidence });
  return {
    rule,
    threshold,
    tolerance,
    calibration: { data: calibration.name, images: known.samples, accuracy: target + tolerance },
    images,
    fixed: {
      steps,
      accuracy: accuracyBySteps(recorded.evidence).at(-1)!,
      accuracyBySteps: accuracyBySteps(recorded.evidence),
      imagesPerSecond: recorded.imagesPerSecond,
    },
    anytime,
    curves,
  };
}

function curveOf(
  { rule, certainty, temperature }: CalibratedRule,
  known: RecordedEvidence,
  unseen: RecordedEvidence,
  target: number,
): AnytimeCurve {
  const table = tabulate(known, certainty);
  const thresholds = spreadThresholds(table, THRESHOLDS);
  const calibration = sweep(table, thresholds);
  const points = sweep(tabulate(unseen, certainty), thresholds).map(
    (point, i): AnytimePoint => ({
      ...point,
      calibration: { accuracy: calibration[i]!.accuracy, meanSteps: calibration[i]!.meanSteps },
    }),
  );
  const kept = lowestKeeping(calibration, target);
  const chosen = points.find(({ threshold }) => threshold === kept?.threshold);
  return { rule, ...(temperature !== undefined && { temperature }), points, ...(chosen && { chosen }) };
}

async function engineFor(
  { graph, description }: SpikingModel,
  data: ImageDataset,
  steps: number,
  batchSize: number,
  { engine = "auto", progress = silent }: AnytimeOptions,
): Promise<EngineName> {
  if (engine !== "auto") return engine;
  const batch = Math.min(batchSize, data.count);
  const { images } = orderedBatch(data, description.scale, 0, batch);
  const choice = await chooseEngine(graph, images, steps, { batch });
  progress.note(engineChoiceText(choice));
  return choice.engine;
}

interface RunOptions {
  readonly steps: number;
  readonly engine: EngineName;
  readonly batchSize: number;
  readonly progress: ProgressReporter;
  readonly signal?: AbortSignal | undefined;
  /** Of the same images in all steps. */
  readonly evidence: RecordedEvidence;
}

async function runAnytime(
  model: SpikingModel,
  data: ImageDataset,
  { rule, certainty }: CalibratedRule,
  threshold: number,
  { steps, batchSize, engine: name, progress, signal, evidence }: RunOptions,
): Promise<AnytimeEvaluation["anytime"]> {
  const { graph, description } = model;
  const images = evidence.samples;
  const batch = Math.min(batchSize, images);
  // What is decided waits for the rest of its run, and every run has a price: of ResNet-20 for 25 images about two steps.
  const chunk = Math.max(1, Math.round(steps / 5));
  const engine = makeEngine(name, graph, { batch, chunk });
  const [channels, height, width] = imageShape(model);
  const imagesBySteps = new Array<number>(steps).fill(0);
  let [right, changed, total, done] = [0, 0, 0, 0];
  const full = finalDecisions(evidence);
  progress.begin(`${rule} from ${threshold.toPrecision(3)}`, images, "images");
  try {
    await warmUp(engine, batch * channels * height * width, chunk);
    const begun = performance.now();
    for await (const decision of decide({
      engine,
      output: nodesOf(graph, "output")[0]!.name,
      readout: new ClassReadout(description.readout, batch, description.classes),
      batch,
      size: channels * height * width,
      samples: images,
      write: (i, into) => into.set(orderedBatch(data, description.scale, i, 1).images),
      steps,
      chunk,
      certainty,
      threshold,
    })) {
      signal?.throwIfAborted();
      imagesBySteps[decision.steps - 1]!++;
      total += decision.steps;
      right += Number(decision.decision === data.labels[decision.sample]);
      changed += Number(decision.decision !== full[decision.sample]);
      progress.advance(++done);
    }
    const seconds = (performance.now() - begun) / 1000;
    progress.end(`${((100 * right) / images).toFixed(2)} % in ${(total / images).toFixed(2)} steps`);
    return {
      accuracy: right / images,
      meanSteps: total / images,
      imagesBySteps,
      imagesPerSecond: images / seconds,
      changedDecisions: changed,
    };
  } finally {
    await engine.release();
  }
}

const finalDecisions = (evidence: RecordedEvidence): Int32Array =>
  decisionsOf(evidence).subarray((evidence.steps - 1) * evidence.samples);
