import { StriateError } from "../error.ts";
import type { Signal } from "../nn/layer.ts";
import { add, constant, equal, fill, mask, sizeOf, sub, sum, type Tensor } from "../tensor/index.ts";

/**
 * NeuroBench's membrane updates of one layer: all its neurons at the first step, and those whose potential changed at
 * each later step.
 *
 * @param membranes potentials after each step, shape (N, …), as `simulate` records them
 * @returns updates of each image, shape (N)
 */
export function changedMembranes(membranes: Signal): Tensor {
  const [first] = membranes;
  if (first === undefined) throw new StriateError("changedMembranes: no membrane potentials were given");
  const [n] = first.shape as [number];
  const axes = first.shape.slice(1).map((_, axis) => axis + 1);
  const neurons = fill([n], sizeOf(first.shape) / n);
  return membranes.slice(1).reduce((total, membrane, i) => {
    const changed = sub(constant(1), mask(equal(membrane, membranes[i]!)));
    return add(total, sum(changed, axes));
  }, neurons);
}
