import { cpus } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";

/** Share of all processors' time that counts as idle: another process on one core slows both sides unequally. */
const MOST_FOREIGN = 0.08;
/** Longer than the spinning of either side's idle worker threads, and enough ticks of the processors' clocks. */
const SAMPLE_SECONDS = 0.1;

interface Clock {
  readonly busy: number;
  readonly total: number;
}

/** Seconds that all processors were busy, and that they existed, since the machine started. */
function clock(): Clock {
  let busy = 0;
  let idle = 0;
  for (const { times } of cpus()) {
    busy += times.user + times.nice + times.sys + times.irq;
    idle += times.idle;
  }
  return { busy: busy / 1000, total: (busy + idle) / 1000 };
}

/** Keeps timings to moments when nothing else runs on the machine, as long as its patience lasts. */
export class IdleWatch {
  private patience: number;
  private warned = false;

  /** @param patience seconds to wait for an idle machine, in all */
  constructor(patience = 60) {
    this.patience = patience;
  }

  /** True when waiting has been given up: from then on timings may be disturbed. */
  get gaveUp(): boolean {
    return this.patience <= 0;
  }

  /** Waits until the processors have been idle for a moment. */
  async wait(): Promise<void> {
    for (;;) {
      const before = clock();
      await sleep(SAMPLE_SECONDS * 1000);
      const after = clock();
      if (after.busy - before.busy <= MOST_FOREIGN * (after.total - before.total)) return;
      this.spend(SAMPLE_SECONDS);
      if (this.gaveUp) return;
    }
  }

  /**
   * Times `round` on an idle machine, again when something else ran meanwhile. `foreign` is the share of all
   * processors' time that other processes took.
   */
  async time<T extends { seconds: number; cpuSeconds: number }>(
    round: () => Promise<T>,
  ): Promise<T & { foreign: number }> {
    for (;;) {
      await this.wait();
      const before = clock();
      const result = await round();
      const after = clock();
      const others = after.busy - before.busy - result.cpuSeconds;
      const foreign = Math.max(0, others) / Math.max(after.total - before.total, 1e-9);
      if (foreign <= MOST_FOREIGN || this.gaveUp) return { ...result, foreign };
      this.spend(result.seconds);
    }
  }

  private spend(seconds: number): void {
    this.patience -= seconds;
    if (!this.gaveUp || this.warned) return;
    this.warned = true;
    console.warn(
      "bench: the machine is busy with something else; going on, but these times are not to be trusted",
    );
  }
}
