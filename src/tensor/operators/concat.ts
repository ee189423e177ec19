import { StriateError } from "../../error.ts";
import { apply, describeShape, named, normalizeAxis, type Operator, type Tensor } from "../tensor.ts";
import { slice } from "./slice.ts";

const operator: Operator<number> = {
  name: "concat",
  infer: (xs, axis) => {
    const [first] = xs as [Tensor];
    let extent = 0;
    for (const x of xs) {
      const fits =
        x.shape.length === first.shape.length && x.shape.every((n, i) => i === axis || n === first.shape[i]);
      if (!fits || x.dtype !== first.dtype) {
        throw new StriateError(
          `${describeShape(x.shape)} ${x.dtype} does not join ${describeShape(first.shape)} ${first.dtype} along axis ${axis}`,
        );
      }
      extent += x.shape[axis]!;
    }
    return { shape: first.shape.with(axis, extent), dtype: first.dtype };
  },
  gradient: (node, upstream) => {
    const axis = node.attributes as number;
    let start = 0;
    return node.inputs.map((x) => {
      const end = start + x.shape[axis]!;
      const part = slice(upstream, [start], [end], { axes: [axis] });
      start = end;
      return part;
    });
  },
  lower: (node, emitter) => {
    const allBlocked = node.inputs.every((x) => emitter.canBlock(x) && emitter.has(x, "blocked"));
    if (allBlocked && (node.attributes === 0 || node.attributes === 1)) {
      const views = node.inputs.map((x) => emitter.blockedView(emitter.blocked(x), x.shape));
      const joined = emitter.op("Concat", views, { axis: node.attributes });
      return { name: emitter.reshape(joined, node.shape), layout: "blocked" };
    }
    return emitter.op(
      "Concat",
      node.inputs.map((x) => emitter.plain(x)),
      { axis: node.attributes },
    );
  },
};

/** Joins arrays along an axis that they have; all other extents agree. */
export function concat(xs: readonly Tensor[], axis: number): Tensor {
  return named("concat", xs, () => {
    if (xs.length === 0) throw new StriateError("no arrays given, expected at least one");
    const normal = normalizeAxis(axis, xs[0]!.shape.length);
    return xs.length === 1 ? xs[0]! : apply(operator, xs, normal);
  });
}
