import { constant, sizeOf, type Tensor, variable } from "../../tensor/index.ts";
import type { Numbers } from "../graph/index.ts";

/** Numbers of a graph as arrays of the trace, one for each use of the same numbers. */
export class Parameters {
  private readonly known = new Map<Numbers, Tensor>();

  /** `name` is what the array is called in the lowered graph. */
  tensor(numbers: Numbers, name: string): Tensor {
    let tensor = this.known.get(numbers);
    if (tensor === undefined) {
      tensor =
        sizeOf(numbers.shape) === 1 && numbers.shape.length === 0
          ? constant(numbers.data[0]!)
          : variable({ name, shape: numbers.shape, data: numbers.data });
      this.known.set(numbers, tensor);
    }
    return tensor;
  }
}

/** True when every one of the numbers is `value`. */
export const isAll = ({ data }: Numbers, value: number): boolean => data.every((each) => each === value);
