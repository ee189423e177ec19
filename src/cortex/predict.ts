import { denseContext } from "../nn/dense.ts";
import { compile, type Program } from "../runtime/compile.ts";
import { input, type Tensor } from "../tensor/index.ts";
import { behaviorWidth } from "./cores/transformer.ts";
import type { AdaptationPath } from "./paths/path.ts";
import type { ResponseModel, SubjectInputs } from "./response-model.ts";
import type { SubjectTrials } from "./trials.ts";

export interface PredictorOptions {
  /** Images in one run of the graph; 32 when absent. */
  readonly batchSize?: number;
  /** The paths that are switched on; all when absent. */
  readonly paths?: readonly AdaptationPath[];
  /** True for a model that does not change any more: it runs faster. */
  readonly freeze?: boolean;
}

/** The inputs of a model's graph for one subject, for N images. */
export function subjectInputs(
  { subject, recording: { stimuli }, behavior, pupil }: SubjectTrials,
  n: number,
): SubjectInputs {
  return {
    images: input(`images:${subject}`, [n, stimuli.channels, stimuli.height, stimuli.width]),
    ...(behavior && { behavior: input(`behavior:${subject}`, [n, behaviorWidth]) }),
    ...(pupil && { pupil: input(`pupil:${subject}`, [n, 2]) }),
  };
}

/** Values for `subjectInputs`: the given trials, the last one repeated where there are too few. */
export class SubjectFeeds {
  readonly feeds: Readonly<Record<string, Float32Array>>;
  private readonly trials: SubjectTrials;
  private readonly n: number;

  constructor(trials: SubjectTrials, n: number) {
    const { subject, pixels, behavior, pupil } = trials;
    this.trials = trials;
    this.n = n;
    this.feeds = {
      [`images:${subject}`]: new Float32Array(n * pixels),
      ...(behavior && { [`behavior:${subject}`]: new Float32Array(n * behaviorWidth) }),
      ...(pupil && { [`pupil:${subject}`]: new Float32Array(n * 2) }),
    };
  }

  fill(chosen: ArrayLike<number>, start: number): void {
    const { subject, pixels, images, behavior, pupil, recording } = this.trials;
    for (let i = 0; i < this.n; i++) {
      const trial = chosen[Math.min(start + i, chosen.length - 1)]!;
      const stimulus = recording.stimulusOf[trial]!;
      const copy = (name: string, values: Float32Array, index: number, size: number) =>
        this.feeds[`${name}:${subject}`]!.set(values.subarray(index * size, (index + 1) * size), i * size);
      copy("images", images, stimulus, pixels);
      if (behavior) copy("behavior", behavior, trial, behaviorWidth);
      if (pupil) copy("pupil", pupil, trial, 2);
    }
  }
}

/** Predicts one subject's responses with a model that is compiled once. */
export class Predictor {
  private readonly program: Program;
  private readonly trials: SubjectTrials;
  private readonly batchSize: number;

  private constructor(program: Program, trials: SubjectTrials, batchSize: number) {
    this.program = program;
    this.trials = trials;
    this.batchSize = batchSize;
  }

  static async create(
    model: ResponseModel,
    trials: SubjectTrials,
    { batchSize = 32, paths, freeze = false }: PredictorOptions = {},
  ): Promise<Predictor> {
    const inputs = new Map([[trials.subject, subjectInputs(trials, batchSize)]]);
    const predictions = model.predict(inputs, denseContext(), paths === undefined ? {} : { paths });
    const responses = predictions.get(trials.subject) as Tensor;
    const program = await compile({ outputs: { responses } }, { freeze });
    return new Predictor(program, trials, batchSize);
  }

  /**
   * Predicted responses (trials, neurons) in units of each neuron's scale. Where only the stimulus matters each is
   * predicted once.
   */
  async predict(chosen: Int32Array): Promise<Float32Array> {
    const { recording, neurons, behavior, pupil } = this.trials;
    if (behavior !== undefined || pupil !== undefined) return this.run(chosen);
    const firstTrial = new Map<number, number>();
    for (const trial of chosen) {
      const stimulus = recording.stimulusOf[trial]!;
      if (!firstTrial.has(stimulus)) firstTrial.set(stimulus, trial);
    }
    const distinct = await this.run(Int32Array.from(firstTrial.values()));
    const place = new Map([...firstTrial.keys()].map((stimulus, i) => [stimulus, i]));
    const predictions = new Float32Array(chosen.length * neurons);
    chosen.forEach((trial, i) => {
      const row = place.get(recording.stimulusOf[trial]!)! * neurons;
      predictions.set(distinct.subarray(row, row + neurons), i * neurons);
    });
    return predictions;
  }

  async release(): Promise<void> {
    await this.program.release();
  }

  private async run(chosen: Int32Array): Promise<Float32Array> {
    const { neurons } = this.trials;
    const predictions = new Float32Array(chosen.length * neurons);
    const feeds = new SubjectFeeds(this.trials, this.batchSize);
    for (let start = 0; start < chosen.length; start += this.batchSize) {
      feeds.fill(chosen, start);
      const { responses } = await this.program.run(feeds.feeds);
      const count = Math.min(this.batchSize, chosen.length - start);
      predictions.set((responses!.data as Float32Array).subarray(0, count * neurons), start * neurons);
    }
    return predictions;
  }
}
