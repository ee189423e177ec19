import { StriateError } from "../error.ts";
import type { Batches } from "../nn/fit.ts";
import { Random } from "../runtime/random.ts";
import { SubjectFeeds } from "./predict.ts";
import type { SubjectTrials } from "./trials.ts";

/** A subject's trials, and which of them are trained on. */
export interface TrainingTrials {
  readonly trials: SubjectTrials;
  readonly chosen: Int32Array;
}

/**
 * Batches of every subject at once, in an order that is a function of the seed, the epoch and the step alone. An epoch
 * shows each trial of the subject that has most of them once, but for fewer than a batch that are left over; the others
 * begin anew when they are through.
 */
export class ResponseBatches implements Batches {
  readonly size: number;
  readonly stepsPerEpoch: number;
  private readonly batchSize: number;
  private readonly subjects: readonly (TrainingTrials & { readonly inputs: SubjectFeeds })[];
  private readonly random: Random;
  private readonly orders = new Map<string, Uint32Array>();
  private readonly targets: Readonly<Record<string, Float32Array>>;

  constructor(subjects: readonly TrainingTrials[], batchSize: number, seed: number) {
    for (const { trials, chosen } of subjects)
      if (chosen.length === 0)
        throw new StriateError(
          `${trials.recording.name}: no training trials`,
          "Use another split of its trials",
        );
    this.batchSize = batchSize;
    this.size = batchSize * subjects.length;
    this.subjects = subjects.map((subject) => ({
      ...subject,
      inputs: new SubjectFeeds(subject.trials, batchSize),
    }));
    this.stepsPerEpoch = Math.max(1, ...subjects.map(({ chosen }) => Math.floor(chosen.length / batchSize)));
    this.random = new Random(seed).split("batches");
    this.targets = Object.fromEntries(
      subjects.flatMap(({ trials: { subject, neurons, hasMissing } }) => [
        [`responses:${subject}`, new Float32Array(batchSize * neurons)],
        ...(hasMissing ? [[`recorded:${subject}`, new Float32Array(batchSize * neurons)] as const] : []),
      ]),
    );
  }

  /** The arrays are reused by the next call. */
  get(epoch: number, step: number): Record<string, Float32Array> {
    const feeds: Record<string, Float32Array> = { ...this.targets };
    for (const { trials, chosen, inputs } of this.subjects) {
      const batch = Int32Array.from({ length: this.batchSize }, (_, i) => {
        const position = step * this.batchSize + i;
        const order = this.order(trials.subject, epoch, Math.floor(position / chosen.length), chosen.length);
        return chosen[order[position % chosen.length]!]!;
      });
      inputs.fill(batch, 0);
      Object.assign(feeds, inputs.feeds);
      this.fillTargets(trials, batch);
    }
    return feeds;
  }

  private fillTargets({ subject, neurons, responses, hasMissing }: SubjectTrials, batch: Int32Array): void {
    const target = this.targets[`responses:${subject}`]!;
    batch.forEach((trial, i) => {
      target.set(responses.subarray(trial * neurons, (trial + 1) * neurons), i * neurons);
    });
    if (!hasMissing) return;
    const recorded = this.targets[`recorded:${subject}`]!;
    for (let i = 0; i < target.length; i++) {
      recorded[i] = Number.isNaN(target[i]!) ? 0 : 1;
      if (recorded[i] === 0) target[i] = 0;
    }
  }

  private order(subject: string, epoch: number, cycle: number, count: number): Uint32Array {
    const label = `${subject} epoch ${epoch} cycle ${cycle}`;
    let order = this.orders.get(label);
    if (order === undefined) {
      for (const known of this.orders.keys())
        if (!known.includes(` epoch ${epoch} `)) this.orders.delete(known);
      order = this.random.split(label).permutation(count);
      this.orders.set(label, order);
    }
    return order;
  }
}
