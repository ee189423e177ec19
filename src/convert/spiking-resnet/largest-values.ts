/**
 * The percentile of a stream of values whose number is known, holding no more than those that can reach it: with
 * p = 99.9 one value in a thousand, and as many again before the smaller half is let go.
 */
export class LargestValues {
  private readonly needed: number;
  private readonly fraction: number;
  private readonly held: Float32Array;
  private count = 0;
  /** No value below this can matter any more. */
  private floor = Number.NEGATIVE_INFINITY;

  constructor(total: number, percentile: number) {
    const rank = ((total - 1) * percentile) / 100;
    this.fraction = rank - Math.floor(rank);
    this.needed = total - Math.floor(rank);
    this.held = new Float32Array(2 * this.needed + 1024);
  }

  add(values: Float32Array): void {
    for (let i = 0; i < values.length; i++) {
      if (values[i]! <= this.floor) continue;
      this.held[this.count++] = values[i]!;
      if (this.count === this.held.length) this.shrink();
    }
  }

  /** The value at the percentile, between the two that lie around it. */
  percentile(): number {
    this.shrink();
    const low = this.held[0]!;
    const high = this.held[Math.min(1, this.count - 1)]!;
    return low + this.fraction * (high - low);
  }

  /** Keeps the `needed` largest, in ascending order. */
  private shrink(): void {
    const sorted = this.held.subarray(0, this.count).sort();
    if (this.count <= this.needed) return;
    this.held.copyWithin(0, this.count - this.needed, this.count);
    this.count = this.needed;
    this.floor = sorted[0]!;
  }
}
