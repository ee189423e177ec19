/** Bins of a histogram in each doubling of the latency: a percentile is right within 2.2 %. */
const binsPerDoubling = 32;
/** Milliseconds at which the first bin begins, 1 µs, and how many doublings there are: up to 9 hours. */
const least = 1e-3;
const doublings = 35;

/** Latencies in milliseconds, any number of them in the same memory. */
export class LatencyHistogram {
  count = 0;
  /** The greatest, as it was. */
  greatest = 0;
  private readonly bins = new Float64Array(binsPerDoubling * doublings);

  add(milliseconds: number): void {
    const place = Math.floor(binsPerDoubling * Math.log2(Math.max(milliseconds, least) / least));
    this.bins[Math.min(place, this.bins.length - 1)]!++;
    this.greatest = Math.max(this.greatest, milliseconds);
    this.count++;
  }

  /** The p-th percentile, 0 to 100, to within half a bin; NaN without latencies. */
  percentile(p: number): number {
    if (this.count === 0) return Number.NaN;
    let left = Math.max(1, Math.ceil((p / 100) * this.count));
    let place = 0;
    while (left > this.bins[place]!) left -= this.bins[place++]!;
    return Math.min(this.greatest, least * 2 ** ((place + 0.5) / binsPerDoubling));
  }

  /** How many latencies lie in each doubling, from the first to the last that has any. */
  byDoubling(): { readonly from: number; readonly to: number; readonly count: number }[] {
    const counts = Array.from({ length: doublings }, (_, i) => ({
      from: i === 0 ? 0 : least * 2 ** i,
      to: least * 2 ** (i + 1),
      count: this.bins
        .subarray(i * binsPerDoubling, (i + 1) * binsPerDoubling)
        .reduce((total, count) => total + count, 0),
    }));
    const used = counts.flatMap(({ count }, i) => (count > 0 ? [i] : []));
    return used.length === 0 ? [] : counts.slice(used[0], used.at(-1)! + 1);
  }
}
