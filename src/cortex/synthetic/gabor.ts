/** A Gabor function in an image; lengths in pixels, the centre of the first pixel at (0, 0), y down. */
export interface Gabor {
  readonly x: number;
  readonly y: number;
  /** Cycles in a pixel. */
  readonly frequency: number;
  /** Radians; 0 prefers vertical bars, whose grey changes along x. */
  readonly orientation: number;
  /** Radians; 0 for a bright bar in the middle. */
  readonly phase: number;
  /** Deviation of the envelope across the bars. */
  readonly width: number;
  /** Deviation of the envelope along the bars. */
  readonly length: number;
}

/** A filter that is 0 outside an ellipse: in each row of the image that it meets, one run of pixels. */
export interface LocalFilter {
  /** (rows): index of the run's first pixel in the image. */
  readonly starts: Int32Array;
  /** (rows): pixels in the run. */
  readonly lengths: Int32Array;
  /** The weights of all runs, one after the other. */
  readonly weights: Float32Array;
}

/** Deviations of the envelope at which a filter ends. */
const reach = 2.5;

/**
 * exp(−u²/2σ_u² − v²/2σ_v²) · cos(2πfu + φ), cut off at the border of the image, without response to uniform grey. It is
 * scaled so that the best grating of amplitude 1 gives about 1.
 */
export function gaborFilter(gabor: Gabor, height: number, width: number): LocalFilter {
  const [cos, sin] = [Math.cos(gabor.orientation), Math.sin(gabor.orientation)];
  const [starts, lengths]: [number[], number[]] = [[], []];
  const [envelope, carrier]: [number[], number[]] = [[], []];
  for (let row = 0; row < height; row++) {
    const before = envelope.length;
    for (let column = 0; column < width; column++) {
      const [x, y] = [column - gabor.x, row - gabor.y];
      const across = cos * x + sin * y;
      const along = cos * y - sin * x;
      const squared = (across / gabor.width) ** 2 + (along / gabor.length) ** 2;
      if (squared > reach ** 2) continue;
      if (envelope.length === before) starts.push(row * width + column);
      envelope.push(Math.exp(-0.5 * squared));
      carrier.push(Math.cos(2 * Math.PI * gabor.frequency * across + gabor.phase));
    }
    if (envelope.length > before) lengths.push(envelope.length - before);
  }
  const area = envelope.reduce((sum, value) => sum + value, 0);
  const uniform = envelope.reduce((sum, value, at) => sum + value * carrier[at]!, 0) / area;
  // ∫ envelope · cos² is half the envelope's, for both phases of a pair.
  const weights = Float32Array.from(envelope, (value, at) => (2 / area) * value * (carrier[at]! - uniform));
  return { starts: Int32Array.from(starts), lengths: Int32Array.from(lengths), weights };
}

/** The sum of an image, row-major and as large as the filter was made for, times the filter. */
export function applyFilter({ starts, lengths, weights }: LocalFilter, image: Float32Array): number {
  let [even, odd] = [0, 0];
  let at = 0;
  for (let run = 0; run < starts.length; run++) {
    const end = at + lengths[run]!;
    const offset = starts[run]! - at;
    // Two sums at a time: an addition waits for the one before it.
    for (; at < end - 1; at += 2) {
      even += weights[at]! * image[at + offset]!;
      odd += weights[at + 1]! * image[at + 1 + offset]!;
    }
    if (at < end) {
      even += weights[at]! * image[at + offset]!;
      at++;
    }
  }
  return even + odd;
}
