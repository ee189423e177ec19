/**
 * The high parts of time to write so that a reader of a counter that goes round after so many bits arrives at `to` from
 * `from` (−1 at the start): steps of less than half a turn.
 */
export function* timeHighs(from: number, to: number, bits: number): Generator<number> {
  const turn = 2 ** bits;
  let at = from;
  // a reader takes any first count for one of the first turn
  if (from < 0) yield (at = Math.min(to, turn - 1));
  while (at < to) {
    at = Math.min(to, at + turn / 2 - 1);
    yield at % turn;
  }
}
