import { StriateError } from "../error.ts";
import { type Kernels, kernelsOver } from "./kernels/parameters.ts";

/** A named array of float32 to be laid out in a ParameterMemory; an empty shape is one number. */
export interface Region {
  readonly name: string;
  readonly shape: readonly number[];
}

interface Placed extends Region {
  readonly view: Float32Array;
}

/** Regions start at multiples of this many bytes, a cache line. */
const ALIGNMENT = 64;
const PAGE = 65536;
/** What 32-bit addresses reach, less one page, so that the end of the last region is an address too. */
const MOST_BYTES = 2 ** 32 - PAGE;

/**
 * One WebAssembly memory that holds the parameters of a network, their gradients and the optimiser's state.
 *
 * ONNX Runtime reads the regions as input tensors and writes them as pre-allocated outputs, and the kernels update them
 * in place: nothing is copied. The memory never grows, since growing detaches every view, and is not shared, since
 * ONNX Runtime refuses views of a SharedArrayBuffer.
 */
export class ParameterMemory {
  readonly memory: WebAssembly.Memory;
  readonly kernels: Kernels;
  readonly #regions = new Map<string, Placed>();
  readonly #lengthAt = new Map<number, number>();

  /**
   * @param regions laid out in this order, filled with zeros
   * @throws StriateError for a repeated name, a dimension that is not a positive integer, or more than 4 GiB
   */
  constructor(regions: readonly Region[]) {
    const offsets: number[] = [];
    let end = 0;
    for (const region of regions) {
      offsets.push(end);
      end += Math.ceil((lengthOf(region) * 4) / ALIGNMENT) * ALIGNMENT;
    }
    if (end > MOST_BYTES) {
      throw new StriateError(
        `${regions.length} regions need ${(end / 2 ** 30).toFixed(2)} GiB, one WebAssembly memory holds under 4 GiB`,
        "Use a smaller network, or an optimiser with less state (SGD keeps one number a parameter, Adam two)",
      );
    }
    this.memory = allocate(Math.ceil(end / PAGE));
    this.kernels = kernelsOver(this.memory);
    for (const [index, { name, shape }] of regions.entries()) {
      if (this.#regions.has(name)) {
        throw new StriateError(`two regions are named "${name}"`, "Give each region its own name");
      }
      const view = new Float32Array(this.memory.buffer, offsets[index], lengthOf({ name, shape }));
      this.#regions.set(name, { name, shape: [...shape], view });
      this.#lengthAt.set(view.byteOffset, view.length);
    }
  }

  /** Names of the regions in the order of the layout. */
  get names(): string[] {
    return [...this.#regions.keys()];
  }

  has(name: string): boolean {
    return this.#regions.has(name);
  }

  /**
   * The region's numbers, row-major: the same view every time, valid as long as the memory lives.
   *
   * @throws StriateError when there is no such region
   */
  get(name: string): Float32Array {
    return this.#placed(name).view;
  }

  /** The region's shape. @throws StriateError when there is no such region */
  shape(name: string): readonly number[] {
    return this.#placed(name).shape;
  }

  /**
   * The address that kernels take for an array.
   *
   * @throws StriateError when the array is not a whole region of this memory
   */
  address(array: Float32Array): number {
    const here = array.buffer === this.memory.buffer;
    if (here && this.#lengthAt.get(array.byteOffset) === array.length) return array.byteOffset;
    throw new StriateError(
      `an array of ${array.length} numbers is not a region of this memory`,
      "Pass an array that ParameterMemory.get returned",
    );
  }

  #placed(name: string): Placed {
    const region = this.#regions.get(name);
    if (region) return region;
    const known = this.names.slice(0, 8).join(", ") + (this.#regions.size > 8 ? ", …" : "");
    throw new StriateError(`no region is named "${name}"`, `The regions are: ${known || "none"}`);
  }
}

function lengthOf({ name, shape }: Region): number {
  for (const dimension of shape) {
    if (!Number.isInteger(dimension) || dimension < 1) {
      throw new StriateError(
        `region "${name}" has shape [${shape.join(", ")}], dimensions are positive integers`,
        "Correct the shape",
      );
    }
  }
  return shape.reduce((product, dimension) => product * dimension, 1);
}

function allocate(pages: number): WebAssembly.Memory {
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages });
  } catch (error) {
    const size = `${((pages * PAGE) / 2 ** 20).toFixed(0)} MiB`;
    throw new StriateError(
      `could not allocate ${size} of WebAssembly memory: ${(error as Error).message}`,
      "Close other programs or use a smaller network",
    );
  }
}
