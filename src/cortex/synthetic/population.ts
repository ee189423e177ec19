import type { Animal } from "./animal.ts";
import type { Cell } from "./cells.ts";
import { applyFilter, gaborFilter, type LocalFilter } from "./gabor.ts";
import { LocalContrast } from "./local-contrast.ts";

/** Contrast, as an amplitude of luminance, at which normalisation sets in. */
const semiSaturation = 0.08;

/**
 * The cells of an animal at one level of arousal. Each is driven by
 *
 *     d = (E / (s² + κ · 2 P)) ^ (n / 2)
 *
 * E is the squared response of a simple cell's Gabor where that is positive, or the energy of a complex cell's pair
 * (Adelson & Bergen 1985); P is the variance of luminance in a Gaussian window, which pools energy over orientations and
 * frequencies (Heeger 1992); s is a constant; κ, n and the window are the animal's. The rate saturates:
 *
 *     rate = spontaneous + amplitude · d / (d + half)
 */
export class Population {
  readonly cells: readonly Cell[];
  readonly #animal: Animal;
  readonly #filters: readonly LocalFilter[];
  /** Of complex cells, the filter a quarter of a cycle on. */
  readonly #quadrature: readonly (LocalFilter | undefined)[];
  readonly #contrast: LocalContrast;
  readonly #half: Float32Array;
  readonly #amplitude: Float32Array;

  /**
   * @param height, width of the images, whose pixels the cells' fields are given in
   * @param scenes luminance of images on which cells have the mean rates that they are to have
   */
  constructor(
    animal: Animal,
    cells: readonly Cell[],
    height: number,
    width: number,
    scenes: readonly Float32Array[],
  ) {
    this.cells = cells;
    this.#animal = animal;
    this.#filters = cells.map(({ field }) => gaborFilter(field, height, width));
    this.#quadrature = cells.map(({ kind, field }) =>
      kind === "complex"
        ? gaborFilter({ ...field, phase: field.phase + Math.PI / 2 }, height, width)
        : undefined,
    );
    this.#contrast = new LocalContrast(height, width, animal.poolWidth * height);
    const drives = scenes.map((scene) => this.drive(scene, new Float32Array(cells.length)));
    const mean = (value: (drive: Float32Array) => number) =>
      drives.reduce((sum, drive) => sum + value(drive), 0) / drives.length;
    this.#half = Float32Array.from(
      cells,
      ({ halfDrive }, index) => halfDrive * mean((drive) => drive[index]!),
    );
    this.#amplitude = Float32Array.from(cells, ({ rate, spontaneous }, index) => {
      const half = this.#half[index]!;
      return half > 0
        ? ((1 - spontaneous) * rate) / mean((drive) => drive[index]! / (drive[index]! + half))
        : 0;
    });
  }

  /**
   * Mean numbers of spikes in a trial.
   *
   * @param luminance 0 to 1, (height, width)
   * @param target (cells), overwritten
   * @returns the target
   */
  rates(luminance: Float32Array, target: Float32Array): Float32Array {
    this.drive(luminance, target);
    for (let index = 0; index < target.length; index++) {
      const { rate, spontaneous } = this.cells[index]!;
      const half = this.#half[index]!;
      const driven = half > 0 ? (this.#amplitude[index]! * target[index]!) / (target[index]! + half) : 0;
      target[index] = spontaneous * rate + driven;
    }
    return target;
  }

  /** The drives d, at least 0. Arguments as those of `rates`. */
  drive(luminance: Float32Array, target: Float32Array): Float32Array {
    const { normalization, exponent } = this.#animal;
    this.#contrast.measure(luminance);
    for (let index = 0; index < target.length; index++) {
      const { x, y } = this.cells[index]!.field;
      const pool = semiSaturation ** 2 + normalization * 2 * this.#contrast.varianceAt(x, y);
      target[index] = (this.#energy(index, luminance) / pool) ** (exponent / 2);
    }
    return target;
  }

  #energy(index: number, luminance: Float32Array): number {
    const first = applyFilter(this.#filters[index]!, luminance);
    const quadrature = this.#quadrature[index];
    if (quadrature === undefined) return Math.max(0, first) ** 2;
    return first ** 2 + applyFilter(quadrature, luminance) ** 2;
  }
}
