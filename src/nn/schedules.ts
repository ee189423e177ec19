/** The learning rate's factor at a point of training; `progress` runs from 0 to 1 over all steps. */
export interface Schedule {
  factor(step: number, totalSteps: number): number;
}

/** Always the same rate. */
export const constantRate: Schedule = { factor: () => 1 };

/** Half a cosine from 1 to `floor`, after a linear rise over the first `warmup` share of the steps (Loshchilov and Hutter, 2017). */
export const cosine = ({ floor = 0, warmup = 0 } = {}): Schedule => ({
  factor(step, totalSteps) {
    const rise = warmup * totalSteps;
    if (step < rise) return (step + 1) / Math.ceil(rise);
    const progress = (step - rise) / Math.max(1, totalSteps - rise);
    return floor + ((1 - floor) * (1 + Math.cos(Math.PI * progress))) / 2;
  },
});

/** The rate times `factor` at each milestone, given as shares of the whole training. */
export const stepwise = ({
  milestones,
  factor = 0.1,
}: {
  milestones: readonly number[];
  factor?: number;
}): Schedule => ({
  // 7 of 25 steps, 0.28 · 25, is 7.000000000000001
  factor: (step, totalSteps) =>
    factor ** milestones.filter((share) => step + 1e-6 >= share * totalSteps).length,
});

/**
 * Lowers the rate when a score stops improving: × `factor` after more than `patience` checks in a row without a better
 * score, as torch.optim.lr_scheduler.ReduceLROnPlateau in mode "max" with an absolute threshold.
 */
export class Plateau {
  /** The present factor of the learning rate. */
  factor = 1;
  private best = Number.NEGATIVE_INFINITY;
  private waited = 0;
  private readonly options: {
    readonly factor: number;
    readonly patience: number;
    readonly threshold: number;
  };

  constructor({ factor = 0.1, patience = 10, threshold = 1e-4 } = {}) {
    this.options = { factor, patience, threshold };
  }

  /** Takes the newest score; the factor to use from now on. */
  update(score: number): number {
    if (score > this.best + this.options.threshold) {
      this.best = score;
      this.waited = 0;
    } else if (++this.waited > this.options.patience) {
      this.factor *= this.options.factor;
      this.waited = 0;
    }
    return this.factor;
  }

  state(): { factor: number; best: number; waited: number } {
    return { factor: this.factor, best: this.best, waited: this.waited };
  }

  load({ factor, best, waited }: { factor: number; best: number; waited: number }): void {
    this.factor = factor;
    this.best = best;
    this.waited = waited;
  }
}
