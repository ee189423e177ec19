import { StriateError } from "../error.ts";

export interface LatencyOptions {
  /** Runs before the measured ones, in which caches fill and code is compiled; 3 when absent. */
  readonly warmUp?: number;
  /** Measured runs; 20 when absent. */
  readonly runs?: number;
  /** Images in one run; 1 when absent. */
  readonly images?: number;
  /** A clock in milliseconds; performance.now when absent. */
  readonly now?: () => number;
}

/** Wall-clock time of one run, in milliseconds. */
export interface Latency {
  readonly median: number;
  /** 5th and 95th percentiles. */
  readonly p5: number;
  readonly p95: number;
  readonly least: number;
  readonly greatest: number;
  /** Images a second at the median. */
  readonly imagesPerSecond: number;
  readonly runs: number;
}

/** Measures the wall-clock time of `run`, one run after the other. */
export async function measureLatency(run: () => unknown, options: LatencyOptions = {}): Promise<Latency> {
  const { warmUp = 3, runs = 20, images = 1, now = () => performance.now() } = options;
  if (!(Number.isInteger(runs) && runs >= 1 && Number.isInteger(warmUp) && warmUp >= 0)) {
    throw new StriateError(
      `latency over ${runs} runs after ${warmUp} to warm up, expected at least 1 after 0 or more`,
      "Give whole numbers",
    );
  }
  const times: number[] = [];
  for (let i = -warmUp; i < runs; i++) {
    const begun = now();
    await run();
    if (i >= 0) times.push(now() - begun);
  }
  const median = percentile(times, 50);
  return {
    median,
    p5: percentile(times, 5),
    p95: percentile(times, 95),
    least: percentile(times, 0),
    greatest: percentile(times, 100),
    imagesPerSecond: (images * 1000) / median,
    runs,
  };
}

/** The p-th percentile, 0 to 100, with linear interpolation between the two values around it, as NumPy does. */
export function percentile(values: readonly number[], p: number): number {
  if (values.length === 0 || !(p >= 0 && p <= 100)) {
    throw new StriateError(
      `percentile ${p} of ${values.length} values`,
      "Give some values, and a percentile from 0 to 100",
    );
  }
  const sorted = [...values].sort((a, b) => a - b);
  const place = ((sorted.length - 1) * p) / 100;
  const below = Math.floor(place);
  const fraction = place - below;
  const low = sorted[below]!;
  return fraction === 0 ? low : low + fraction * (sorted[below + 1]! - low);
}
