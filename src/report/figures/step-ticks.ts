/** Time steps to label, at most `most` of them: evenly spaced integers that end at the last step. */
export function stepTicks(first: number, last: number, most = 8): number[] {
  const span = last - first;
  const stride = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].find((size) => span / size < most) ?? span;
  const ticks: number[] = [];
  for (let step = last; step >= first; step -= stride) ticks.unshift(step);
  return ticks;
}

/** The powers of two between two numbers of steps, for a logarithmic axis; both ends where there are fewer than two. */
export function doublings(first: number, last: number): number[] {
  const steps: number[] = [];
  for (let step = 2 ** Math.ceil(Math.log2(first)); step <= last; step *= 2) steps.push(step);
  return steps.length < 2 ? [...new Set([first, last])] : steps;
}

/** The steps to mark in a figure or to give a row in a table: all if they are few, else powers of two and the last. */
export function markedSteps(steps: Iterable<number>): number[] {
  const all = [...new Set(steps)].sort((a, b) => a - b);
  return all.length <= 10
    ? all
    : all.filter((step) => Number.isInteger(Math.log2(step)) || step === all.at(-1));
}
