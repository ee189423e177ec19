import { StriateError } from "../error.ts";
import { add } from "./operators/binary.ts";
import { gradientGroupOf } from "./operators/custom-gradient.ts";
import { fill } from "./operators/source.ts";
import { describeShape, sizeOf, type Tensor, topologicalOrder, withScope } from "./tensor.ts";

/**
 * The gradient of a scalar with respect to each of `wrt`, by reverse accumulation. The gradient of something that
 * `loss` does not depend on is zero.
 */
export function grad(loss: Tensor, wrt: readonly Tensor[]): Tensor[] {
  if (sizeOf(loss.shape) !== 1) {
    throw new StriateError(
      `grad: the loss must be one number, given shape ${describeShape(loss.shape)}`,
      "Use mean or sum",
    );
  }
  const order = topologicalOrder([loss]);
  const targets = new Set(wrt);
  const reaches = new Set<Tensor>();
  for (const node of order) {
    if (targets.has(node) || node.inputs.some((input) => reaches.has(input))) reaches.add(node);
  }
  const upstreams = new Map<Tensor, Tensor>([[loss, fill(loss.shape, 1)]]);
  const accumulate = (inputs: readonly Tensor[], gradients: readonly (Tensor | null)[]) => {
    for (const [i, input] of inputs.entries()) {
      const gradient = gradients[i];
      if (gradient == null || !reaches.has(input)) continue;
      const earlier = upstreams.get(input);
      upstreams.set(input, earlier === undefined ? gradient : add(earlier, gradient));
    }
  };
  for (const node of order.reverse()) {
    const upstream = upstreams.get(node);
    const group = gradientGroupOf(node);
    if (!reaches.has(node) || (upstream === undefined && group === undefined)) continue;
    withScope(node.scope === "" ? "gradient" : `gradient of ${node.scope}`, () => {
      if (group !== undefined) {
        // Members were made one after the other, so that all their users come after the last: at the first member
        // every upstream gradient is complete.
        if (node !== group.members.find((member) => reaches.has(member))) return;
        if (!group.members.some((member) => upstreams.has(member))) return;
        const all = group.members.map((member) => upstreams.get(member) ?? fill(member.shape, 0));
        accumulate(node.inputs.slice(1), group.gradients(all));
      } else if (node.operator.gradient !== undefined) {
        if (node.inputs.some((input) => reaches.has(input)))
          accumulate(node.inputs, node.operator.gradient(node, upstream!));
      } else if (
        node.inputs.some((input) => reaches.has(input) && input.dtype === "float32") &&
        node.dtype === "float32"
      ) {
        throw new StriateError(
          `grad: ${node.operator.name} has no gradient`,
          "Use stopGradient or a surrogate",
        );
      }
    });
  }
  return wrt.map((target) => upstreams.get(target) ?? fill(target.shape, 0));
}

/** Everything that a gradient of `output` can reach: what it depends on, without what a gradient rule cuts off. */
export function gradientSources(output: Tensor): ReadonlySet<Tensor> {
  const seen = new Set<Tensor>();
  const stack = [output];
  while (stack.length > 0) {
    const node = stack.pop()!;
    if (seen.has(node)) continue;
    seen.add(node);
    stack.push(...(gradientGroupOf(node) === undefined ? node.inputs : node.inputs.slice(1)));
  }
  return seen;
}
