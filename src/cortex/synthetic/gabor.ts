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

/** A filter on a crop of the image: rows `top` to `top + rows − 1`, columns `left` to `left + columns − 1`. */
export interface CroppedFilter {
  readonly top: number;
  readonly left: number;
  readonly rows: number;
  readonly columns: number;
  /** (rows, columns), row-major. */
  readonly weights: Float32Array;
}

/** Deviations of the envelope at which the crop ends. */
const reach = 2.5;

/**
 * exp(−u²/2σ_u² − v²/2σ_v²) · cos(2πfu + φ), cut off at the border of the image, without response to uniform grey. It is
 * scaled so that the best grating of amplitude 1 gives 1.
 */
export function gaborFilter(gabor: Gabor, height: number, width: number): CroppedFilter {
  const [cos, sin] = [Math.cos(gabor.orientation), Math.sin(gabor.orientation)];
  const horizontal = reach * Math.hypot(gabor.width * cos, gabor.length * sin);
  const vertical = reach * Math.hypot(gabor.width * sin, gabor.length * cos);
  const top = Math.max(0, Math.ceil(gabor.y - vertical));
  const left = Math.max(0, Math.ceil(gabor.x - horizontal));
  const rows = Math.min(height - 1, Math.floor(gabor.y + vertical)) - top + 1;
  const columns = Math.min(width - 1, Math.floor(gabor.x + horizontal)) - left + 1;
  const envelope = new Float64Array(rows * columns);
  const carrier = new Float64Array(rows * columns);
  for (let at = 0; at < envelope.length; at++) {
    const x = left + (at % columns) - gabor.x;
    const y = top + Math.floor(at / columns) - gabor.y;
    const [across, along] = [cos * x + sin * y, cos * y - sin * x];
    envelope[at] = Math.exp(-0.5 * ((across / gabor.width) ** 2 + (along / gabor.length) ** 2));
    carrier[at] = Math.cos(2 * Math.PI * gabor.frequency * across + gabor.phase);
  }
  const sum = (term: (at: number) => number) => envelope.reduce((total, _, at) => total + term(at), 0);
  const uniform = sum((at) => envelope[at]! * carrier[at]!) / sum((at) => envelope[at]!);
  // Both phases of a pair get one scale: ∫ envelope · cos² is half the envelope's but for the border.
  const scale = 2 / sum((at) => envelope[at]!);
  const weights = Float32Array.from(envelope, (value, at) => scale * value * (carrier[at]! - uniform));
  return { top, left, rows, columns, weights };
}

/** The sum of a crop of an image, (·, width) row-major, times a filter. */
export function applyFilter(filter: CroppedFilter, image: Float32Array, width: number): number {
  const { top, left, rows, columns, weights } = filter;
  let [even, odd] = [0, 0];
  let at = 0;
  for (let row = 0; row < rows; row++) {
    const start = (top + row) * width + left;
    // Two sums at a time: an addition waits for the one before it.
    let column = 0;
    for (; column < columns - 1; column += 2) {
      even += weights[at]! * image[start + column]!;
      odd += weights[at + 1]! * image[start + column + 1]!;
      at += 2;
    }
    if (column < columns) even += weights[at++]! * image[start + column]!;
  }
  return even + odd;
}
