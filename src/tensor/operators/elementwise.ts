import { type Emitter, isScalar, type Lowered } from "../emitter.ts";
import type { OnnxAttributes } from "../onnx-model.ts";
import { sameShape, type Tensor } from "../tensor.ts";

/**
 * Lowers an operator that acts on each element alone. It runs on blocked values when one of its inputs is blocked
 * already, since layouts do not matter to it as long as all its inputs share one.
 */
export function lowerElementwise(
  node: Tensor,
  emitter: Emitter,
  type: string,
  attributes: OnnxAttributes = {},
): Lowered {
  const blocked = (input: Tensor) => sameShape(input.shape, node.shape) && emitter.has(input, "blocked");
  const fits =
    node.shape.length === 4 &&
    node.shape[1]! % Math.max(1, emitter.block) === 0 &&
    (node.dtype === "float32" || node.dtype === "bool");
  if (emitter.block === 0 || !fits || !node.inputs.some(blocked)) {
    return emitter.op(
      type,
      node.inputs.map((input) => emitter.plain(input)),
      attributes,
    );
  }
  if (node.inputs.every((input) => sameShape(input.shape, node.shape) || isScalar(input))) {
    const names = node.inputs.map((input) =>
      isScalar(input) ? emitter.plain(input) : emitter.blocked(input),
    );
    return { name: emitter.op(type, names, attributes), layout: "blocked" };
  }
  const names = node.inputs.map((input) => {
    const shape = [1, 1, 1, 1, ...input.shape].slice(-4);
    if (shape[1] === 1) return emitter.reshape(emitter.plain(input), [shape[0]!, 1, shape[2]!, shape[3]!, 1]);
    const isMap = shape[2]! * shape[3]! > 1;
    return emitter.blockedView(isMap ? emitter.blocked(input) : emitter.plain(input), shape);
  });
  return { name: emitter.reshape(emitter.op(type, names, attributes), node.shape), layout: "blocked" };
}
