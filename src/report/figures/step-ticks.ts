/** Time steps to label, at most `most` of them: evenly spaced integers that end at the last step. */
export function stepTicks(first: number, last: number, most = 8): number[] {
  const span = last - first;
  const stride = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].find((size) => span / size < most) ?? span;
  const ticks: number[] = [];
  for (let step = last; step >= first; step -= stride) ticks.unshift(step);
  return ticks;
}
