/** Rows of the retina's image, at most twice as many less one: larger images are averaged down to it. */
const rows = 36;

/** What the retina makes of an image of given size: luminance on few pixels, shifted by the eye's movement. */
export class Retina {
  /** Pixels of the retina. */
  readonly height: number;
  readonly width: number;
  readonly #columns: number;
  readonly #block: number;
  readonly #exponent: number;

  /** @param exponent luminance is (grey / 255) to this power */
  constructor(height: number, width: number, exponent: number) {
    this.#block = Math.max(1, Math.floor(height / rows));
    this.height = Math.floor(height / this.#block);
    this.width = Math.floor(width / this.#block);
    this.#columns = width;
    this.#exponent = exponent;
  }

  /** @returns (height, width) of the retina, from an image with values 0 to 255 */
  luminance(image: Float32Array): Float32Array {
    const table = Float32Array.from({ length: 256 }, (_, grey) => (grey / 255) ** this.#exponent);
    const seen = new Float32Array(this.height * this.width);
    const block = this.#block;
    for (let at = 0; at < seen.length; at++) {
      const top = Math.floor(at / this.width) * block;
      const left = (at % this.width) * block;
      let sum = 0;
      for (let row = top; row < top + block; row++)
        for (let column = left; column < left + block; column++)
          sum += table[image[row * this.#columns + column]!]!;
      seen[at] = sum / block ** 2;
    }
    return seen;
  }

  /**
   * The retina's image moved by (x, y) pixels, right and down, bilinear; what enters at the border repeats it.
   *
   * @param target (height, width), overwritten
   */
  shift(seen: Float32Array, x: number, y: number, target: Float32Array): void {
    const { height, width } = this;
    const [left, top] = [Math.floor(-x), Math.floor(-y)];
    const [across, down] = [-x - left, -y - top];
    const column = (at: number) => Math.min(width - 1, Math.max(0, at));
    const line = (at: number) => Math.min(height - 1, Math.max(0, at)) * width;
    for (let row = 0; row < height; row++) {
      const above = line(row + top);
      const below = line(row + top + 1);
      for (let at = 0; at < width; at++) {
        const [first, second] = [column(at + left), column(at + left + 1)];
        const upper = seen[above + first]! + across * (seen[above + second]! - seen[above + first]!);
        const lower = seen[below + first]! + across * (seen[below + second]! - seen[below + first]!);
        target[row * width + at] = upper + down * (lower - upper);
      }
    }
  }
}
