/** Side of the blocks, in pixels, that the windows weigh: contrast inside a block counts, places inside it do not. */
const block = 3;

/** The variance of an image in a Gaussian window about each place. Windows end at the border. */
export class LocalContrast {
  readonly #height: number;
  readonly #width: number;
  readonly #rows: number;
  readonly #columns: number;
  readonly #kernel: Float32Array;
  /** Means in the windows, (rows, columns) of blocks: of the image, of its square. */
  readonly #mean: Float32Array;
  readonly #square: Float32Array;
  readonly #blurred: Float32Array;

  /** @param deviation of the window, pixels */
  constructor(height: number, width: number, deviation: number) {
    this.#height = height;
    this.#width = width;
    this.#rows = Math.ceil(height / block);
    this.#columns = Math.ceil(width / block);
    const radius = Math.ceil((2 * deviation) / block);
    this.#kernel = Float32Array.from({ length: 2 * radius + 1 }, (_, tap) =>
      Math.exp(-0.5 * (((tap - radius) * block) / deviation) ** 2),
    );
    this.#mean = new Float32Array(this.#rows * this.#columns);
    this.#square = new Float32Array(this.#rows * this.#columns);
    this.#blurred = new Float32Array(this.#rows * this.#columns);
  }

  measure(image: Float32Array): void {
    for (let row = 0; row < this.#rows; row++)
      for (let column = 0; column < this.#columns; column++) this.#measureBlock(image, row, column);
    for (const map of [this.#mean, this.#square]) {
      this.#blur(map, this.#blurred, this.#columns, 1, this.#rows, this.#columns);
      this.#blur(this.#blurred, map, this.#rows, this.#columns, this.#columns, 1);
    }
  }

  /** @param x, y pixels */
  varianceAt(x: number, y: number): number {
    const column = Math.min(this.#columns - 1, Math.max(0, Math.floor(Math.round(x) / block)));
    const row = Math.min(this.#rows - 1, Math.max(0, Math.floor(Math.round(y) / block)));
    const at = row * this.#columns + column;
    return Math.max(0, this.#square[at]! - this.#mean[at]! ** 2);
  }

  #measureBlock(image: Float32Array, row: number, column: number): void {
    const bottom = Math.min(this.#height, (row + 1) * block);
    const right = Math.min(this.#width, (column + 1) * block);
    let [sum, squares, count] = [0, 0, 0];
    for (let y = row * block; y < bottom; y++) {
      for (let x = column * block; x < right; x++) {
        const value = image[y * this.#width + x]!;
        sum += value;
        squares += value * value;
        count += 1;
      }
    }
    this.#mean[row * this.#columns + column] = sum / count;
    this.#square[row * this.#columns + column] = squares / count;
  }

  /** Averages along lines of `length` values that lie `stride` apart; neighbouring lines start `apart`. */
  #blur(
    source: Float32Array,
    target: Float32Array,
    length: number,
    stride: number,
    lines: number,
    apart: number,
  ): void {
    const kernel = this.#kernel;
    const radius = (kernel.length - 1) / 2;
    target.fill(0);
    for (let place = 0; place < length; place++) {
      const from = Math.max(0, place - radius);
      const to = Math.min(length - 1, place + radius);
      let total = 0;
      for (let other = from; other <= to; other++) total += kernel[other - place + radius]!;
      for (let other = from; other <= to; other++) {
        const weight = kernel[other - place + radius]! / total;
        for (let line = 0; line < lines; line++)
          target[line * apart + place * stride]! += weight * source[line * apart + other * stride]!;
      }
    }
  }
}
