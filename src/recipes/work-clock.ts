/** Wall-clock seconds by part of a job. */
export type PartSeconds = { total: number; [part: string]: number };

/** Measures wall-clock time by part of a job. */
export class WorkClock {
  private readonly begun = performance.now();
  private last = this.begun;
  private readonly parts: Record<string, number> = {};

  /** What was done since the last lap counts to a part, which may have several. */
  lap(part: string): void {
    const now = performance.now();
    this.parts[part] = (this.parts[part] ?? 0) + (now - this.last) / 1000;
    this.last = now;
  }

  /** To a tenth of a second. */
  seconds(): PartSeconds {
    const rounded = Object.entries(this.parts).map(([part, value]) => [part, toTenths(value)]);
    return { total: toTenths((performance.now() - this.begun) / 1000), ...Object.fromEntries(rounded) };
  }
}

/** One job's times after another's. */
export const addedUp = (first: PartSeconds, second: PartSeconds): PartSeconds => ({
  ...first,
  ...second,
  total: toTenths(first.total + second.total),
});

const toTenths = (value: number): number => Math.round(value * 10) / 10;
