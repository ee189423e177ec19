import { ResponseBatches, type TrainingTrials } from "../cortex/batches.ts";
import { meanCorrelation } from "../cortex/metrics/correlation.ts";
import { Predictor } from "../cortex/predict.ts";
import type { ResponseTraining } from "../cortex/presets.ts";
import type { ResponseModel } from "../cortex/response-model.ts";
import { compileResponseStep } from "../cortex/training.ts";
import { trialsOf } from "../cortex/trials.ts";
import { type EpochRecord, StepRandom } from "../nn/fit.ts";
import type { Parameter } from "../nn/parameter.ts";
import { constantRate, cosine } from "../nn/schedules.ts";
import { Random } from "../runtime/random.ts";
import type { MetricsLog } from "./metrics-log.node.ts";
import { fitResumably, type TrainOptions } from "./resumable-fit.node.ts";
import type { RunFolder } from "./run-folder.node.ts";

export interface ResponseFit {
  readonly model: ResponseModel;
  /** What trains; all that can, unless given. */
  readonly parameters?: readonly Parameter[];
  readonly subjects: readonly TrainingTrials[];
  readonly training: ResponseTraining;
  readonly seed: number;
  readonly phase: string;
  readonly folder: RunFolder;
  readonly log: MetricsLog;
  readonly options: TrainOptions;
  /** False ends with the parameters of the last step, whatever the validation trials say. */
  readonly validate?: boolean;
}

/** Fits a response model to the training trials of its subjects; the parameters with the best validation correlation stay. */
export async function fitResponses(parts: ResponseFit): Promise<{ history: EpochRecord[]; seconds: number }> {
  const { model, subjects, training, seed, phase, folder, log, options } = parts;
  const { epochs, batchSize, learningRate, warmup, schedule, plateau, patience, average } = training;
  const random = new StepRandom(new Random(seed).split("graph"));
  const validation = parts.validate === false ? undefined : await ValidationScore.create(model, subjects);
  try {
    return await fitResumably({
      phase,
      title: `fitting ${phase}`,
      unit: "trials",
      folder,
      log,
      options,
      parameters: model.parameters,
      batches: new ResponseBatches(subjects, batchSize, seed),
      fit: {
        epochs,
        learningRate,
        schedule: schedule === "cosine" ? cosine({ warmup }) : constantRate,
        random,
        average,
        ...(plateau && { plateau }),
        ...(validation && {
          validate: () => validation.score(),
          patience: patience ?? Number.POSITIVE_INFINITY,
        }),
      },
      compile: () =>
        compileResponseStep(
          model,
          subjects.map(({ trials, chosen }) => ({ trials, count: chosen.length })),
          parts.parameters ?? model.parameters,
          training,
          random,
        ),
      describe: ({ poisson }) =>
        `Poisson loss ${poisson!.toFixed(4)}${validation?.last === undefined ? "" : `, validation correlation ${validation.last.toFixed(3)}`}`,
    });
  } finally {
    await validation?.release();
  }
}

/** The mean correlation over the validation trials of all subjects that have some. */
class ValidationScore {
  last: number | undefined;
  private readonly subjects: readonly {
    readonly predictor: Predictor;
    readonly trials: Int32Array;
    readonly responses: Float32Array;
    readonly neurons: number;
  }[];

  private constructor(subjects: ValidationScore["subjects"]) {
    this.subjects = subjects;
  }

  static async create(
    model: ResponseModel,
    subjects: readonly TrainingTrials[],
  ): Promise<ValidationScore | undefined> {
    const known = [];
    for (const { trials: subject } of subjects) {
      const trials = trialsOf(subject.recording, "validation");
      if (trials.length < 2) continue;
      const { neurons } = subject;
      const responses = new Float32Array(trials.length * neurons);
      trials.forEach((trial, i) => {
        responses.set(subject.responses.subarray(trial * neurons, (trial + 1) * neurons), i * neurons);
      });
      known.push({ predictor: await Predictor.create(model, subject), trials, responses, neurons });
    }
    return known.length === 0 ? undefined : new ValidationScore(known);
  }

  async score(): Promise<number> {
    let total = 0;
    for (const { predictor, trials, responses, neurons } of this.subjects)
      total += meanCorrelation(await predictor.predict(trials), responses, trials.length, neurons);
    this.last = total / this.subjects.length;
    return this.last;
  }

  async release(): Promise<void> {
    for (const { predictor } of this.subjects) await predictor.release();
  }
}
