/**
 * A counter of so many bits that goes round. A step back by more than half a turn is the counter going round; any other is
 * no order of time.
 */
export class Clock {
  /** Counts of the turns that are over. */
  epoch = 0;
  last = 0;
  private readonly turn: number;

  constructor(bits: number) {
    this.turn = 2 ** bits;
  }

  /** Takes a count over; says whether it may follow the last. */
  follows(count: number): boolean {
    const back = this.last - count;
    this.last = count;
    if (back <= 0) return true;
    if (back <= this.turn / 2) return false;
    this.epoch += this.turn;
    return true;
  }
}

export const wentBack = (time: number, last: number): string => `time goes back from ${last} to ${time} µs`;

export const outside = (x: number, y: number, { width, height }: { width: number; height: number }): string =>
  `the event is in column ${x}, row ${y}; the sensor has ${width} × ${height} pixels`;
