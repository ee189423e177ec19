import type { TensorData } from "../runtime/compile.ts";
import type { Random } from "../runtime/random.ts";
import { ParameterAverage } from "./average.ts";
import type { Parameter } from "./parameter.ts";
import { constantRate, Plateau, type Schedule } from "./schedules.ts";
import type { TrainingStep } from "./training-step.ts";

/** Where a fit takes its batches from: a function of the epoch and the step alone. */
export interface Batches {
  readonly stepsPerEpoch: number;
  /** Images in a batch. */
  readonly size: number;
  /** The inputs of a step by name; the arrays may be reused by the next call. */
  get(epoch: number, step: number): Readonly<Record<string, TensorData>>;
}

/** Everything that a fit needs to go on from where it was, beside the parameters and the optimiser's state. */
export interface FitPosition {
  /** Epoch and step of the next batch. */
  readonly epoch: number;
  readonly step: number;
  /** Sums over the epoch so far, by metric. */
  readonly totals: Readonly<Record<string, number>>;
  readonly history: readonly EpochRecord[];
  readonly plateau?: ReturnType<Plateau["state"]> | undefined;
  /** The best score so far and the parameters that had it, by name, when the fit may stop early. */
  readonly best?:
    | { readonly score: number; readonly values: Readonly<Record<string, Float32Array>> }
    | undefined;
  /** The average of the parameters so far, by name, when the fit ends with an average. */
  readonly average?: Readonly<Record<string, Float32Array>> | undefined;
}

/** Means over one epoch's batches, and the score on validation data if there is one. */
export interface EpochRecord {
  readonly epoch: number;
  readonly metrics: Readonly<Record<string, number>>;
  readonly validation?: number;
}

export interface FitProgress {
  readonly epoch: number;
  readonly epochs: number;
  /** Steps done, of all epochs. */
  readonly step: number;
  readonly steps: number;
  readonly images: number;
  /** Means over the epoch so far. */
  readonly metrics: Readonly<Record<string, number>>;
}

export interface FitOptions {
  readonly epochs: number;
  readonly learningRate: number;
  readonly schedule?: Schedule;
  /** Lowers the rate further when the validation score stops rising. */
  readonly plateau?: ConstructorParameters<typeof Plateau>[0];
  /** The stream that random inputs draw from; it is set anew at every step. */
  readonly random?: StepRandom;
  /** A score to raise, computed after every epoch. */
  readonly validate?: () => Promise<number>;
  /** Stop after more than this many epochs in a row without a better score; the best parameters are restored. */
  readonly patience?: number;
  /**
   * What is validated and remains is the parameters' average over about this share of all steps, rather than those of the
   * last step alone.
   */
  readonly average?: number | undefined;
  readonly resume?: FitPosition;
  readonly onProgress?: (progress: FitProgress) => void;
  /** Told of the loss and the metrics of every step. */
  readonly onStepDone?: (line: {
    epoch: number;
    step: number;
    learningRate: number;
    [metric: string]: number;
  }) => void;
  /** Called between steps; saves a checkpoint when it wants to. */
  readonly onStep?: (position: () => FitPosition) => Promise<void>;
}

/** Random numbers for a training graph: a stream of its own for every step, so that a resumed run draws the same. */
export class StepRandom {
  private readonly base: Random;
  private current: Random;

  constructor(base: Random) {
    this.base = base;
    this.current = base;
  }

  begin(step: number): void {
    this.current = this.base.split(`step ${step}`);
  }

  fillUniform(values: Float32Array): void {
    this.current.fillUniform(values);
  }
}

/** Trains for some epochs; the history by epoch. Throws when the loss is not finite, or what onStep throws. */
export async function fit(
  training: TrainingStep,
  batches: Batches,
  options: FitOptions,
): Promise<EpochRecord[]> {
  const { epochs, learningRate, schedule = constantRate, resume, validate, patience } = options;
  const { stepsPerEpoch } = batches;
  const steps = epochs * stepsPerEpoch;
  const plateau = options.plateau === undefined ? undefined : new Plateau(options.plateau);
  if (plateau !== undefined && resume?.plateau !== undefined) plateau.load(resume.plateau);
  const history: EpochRecord[] = [...(resume?.history ?? [])];
  let totals: Record<string, number> = { ...resume?.totals };
  const best = new BestParameters(training.parameters, resume?.best);
  const average =
    options.average === undefined
      ? undefined
      : new ParameterAverage(training.parameters, options.average * steps, resume?.average);
  const position = (epoch: number, step: number): FitPosition => ({
    epoch,
    step,
    totals: { ...totals },
    history: [...history],
    plateau: plateau?.state(),
    best: best.best,
    average: average?.values,
  });

  const isOver = () => patience !== undefined && epochsSinceBest(history) > patience;
  for (let epoch = resume?.epoch ?? 0; epoch < epochs && !isOver(); epoch++) {
    for (let step = epoch === resume?.epoch ? resume.step : 0; step < stepsPerEpoch; step++) {
      const done = epoch * stepsPerEpoch + step;
      options.random?.begin(done);
      const rate = learningRate * schedule.factor(done, steps) * (plateau?.factor ?? 1);
      const report = await training.run(batches.get(epoch, step), rate);
      for (const [name, value] of Object.entries(report)) totals[name] = (totals[name] ?? 0) + value;
      average?.update(done + 1);
      const count = step + 1;
      options.onStepDone?.({ epoch: epoch + 1, step: done + 1, learningRate: rate, ...report });
      options.onProgress?.({
        epoch: epoch + 1,
        epochs,
        step: done + 1,
        steps,
        images: (done + 1) * batches.size,
        metrics: meansOf(totals, count),
      });
      if (count < stepsPerEpoch) {
        await options.onStep?.(() => position(epoch, count));
      }
    }
    average?.swap();
    const validation = await validate?.();
    history.push({
      epoch: epoch + 1,
      metrics: meansOf(totals, stepsPerEpoch),
      ...(validation === undefined ? {} : { validation }),
    });
    totals = {};
    if (validation !== undefined) {
      plateau?.update(validation);
      if (patience !== undefined) best.consider(validation);
    }
    average?.swap();
    await options.onStep?.(() => position(epoch + 1, 0));
  }
  average?.swap();
  best.restore();
  return history;
}

const meansOf = (totals: Readonly<Record<string, number>>, count: number): Record<string, number> =>
  Object.fromEntries(Object.entries(totals).map(([name, total]) => [name, total / count]));

/** How many epochs ago the best validation score was reached. */
function epochsSinceBest(history: readonly EpochRecord[]): number {
  const scores = history.map(({ validation }) => validation ?? Number.NEGATIVE_INFINITY);
  return history.length - 1 - scores.indexOf(Math.max(...scores));
}

/** Remembers the parameters that had the best score. */
class BestParameters {
  best: FitPosition["best"];
  private readonly parameters: readonly Parameter[];

  constructor(parameters: readonly Parameter[], best: FitPosition["best"]) {
    this.parameters = parameters;
    this.best = best;
  }

  consider(score: number): void {
    if (this.best !== undefined && score <= this.best.score) return;
    this.best = {
      score,
      values: Object.fromEntries(this.parameters.map(({ name, data }) => [name, data.slice()])),
    };
  }

  restore(): void {
    for (const { name, data } of this.parameters) {
      const values = this.best?.values[name];
      if (values !== undefined) data.set(values);
    }
  }
}
