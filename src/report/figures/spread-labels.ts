/**
 * Moves labels apart along one axis: each as near as can be to where it was wanted (least squares), in the same order, no two
 * nearer than `gap`, all between `low` and `high` if they fit there. Returns positions in the order given.
 */
export function spreadLabels(wanted: readonly number[], gap: number, low: number, high: number): number[] {
  const order = wanted.map((_, i) => i).sort((a, b) => wanted[a] - wanted[b]);
  // With i·gap taken off, "at least gap apart" is "not falling": pool adjacent violators.
  const pools: { sum: number; size: number }[] = [];
  order.forEach((index, rank) => {
    pools.push({ sum: wanted[index] - rank * gap, size: 1 });
    while (pools.length > 1) {
      const last = pools[pools.length - 1];
      const before = pools[pools.length - 2];
      if (before.sum / before.size <= last.sum / last.size) break;
      pools.splice(-2, 2, { sum: before.sum + last.sum, size: before.size + last.size });
    }
  });
  const highest = Math.max(low, high - (wanted.length - 1) * gap);
  const positions = new Array<number>(wanted.length);
  let rank = 0;
  for (const { sum, size } of pools) {
    const base = Math.min(highest, Math.max(low, sum / size));
    for (let i = 0; i < size; i++, rank++) positions[order[rank]] = base + rank * gap;
  }
  return positions;
}
