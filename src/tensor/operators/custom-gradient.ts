import { StriateError } from "../../error.ts";
import { apply, named, type Operator, sameShape, type Tensor } from "../tensor.ts";

/** Several values that share one gradient rule; it runs once the gradient of each of them is known. */
export interface GradientGroup {
  readonly members: Tensor[];
  readonly gradients: (upstreams: readonly Tensor[]) => readonly (Tensor | null)[];
}

/** Passes its first input through; the inputs after it are what the gradient rule speaks of. */
const operator: Operator<GradientGroup> = {
  name: "customGradient",
  infer: ([value]) => ({ shape: value!.shape, dtype: value!.dtype }),
  lower: ({ inputs: [value] }, emitter) => {
    const layout = emitter.has(value!, "blocked") ? "blocked" : "plain";
    return { name: layout === "blocked" ? emitter.blocked(value!) : emitter.plain(value!), layout };
  },
};

export const gradientGroupOf = (node: Tensor): GradientGroup | undefined =>
  node.operator === operator ? node.attributes : undefined;

/**
 * The given values, with a gradient rule of their own: `gradients` receives the gradient with respect to each value
 * and returns the gradient with respect to each of `inputs`, null where there is none. No gradient flows into how
 * `values` were computed.
 */
export function customGradients(
  values: readonly Tensor[],
  inputs: readonly Tensor[],
  gradients: GradientGroup["gradients"],
): Tensor[] {
  const group: GradientGroup = { members: [], gradients };
  for (const value of values) group.members.push(apply(operator, [value, ...inputs], group));
  return [...group.members];
}

/** One value with a gradient rule of its own: see customGradients. */
export const customGradient = (
  value: Tensor,
  inputs: readonly Tensor[],
  gradients: (upstream: Tensor) => readonly (Tensor | null)[],
): Tensor => customGradients([value], inputs, ([upstream]) => gradients(upstream!))[0]!;

/** x, through which no gradient flows. */
export const stopGradient = (x: Tensor): Tensor => customGradient(x, [], () => []);

/** `value` in the forward pass, the gradient of `standIn` in the backward pass; both have one shape. */
export function straightThrough(value: Tensor, standIn: Tensor): Tensor {
  return named("straightThrough", [value, standIn], () => {
    if (!sameShape(value.shape, standIn.shape)) throw new StriateError("the two arrays differ in shape");
    return customGradient(value, [standIn], (upstream) => [upstream]);
  });
}
