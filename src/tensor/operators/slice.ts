import { StriateError } from "../../error.ts";
import { apply, named, normalizeAxis, type Operator, type Shape, type Tensor } from "../tensor.ts";

interface Range {
  readonly axis: number;
  readonly start: number;
  readonly step: number;
  readonly count: number;
}

const operator: Operator<readonly Range[]> = {
  name: "slice",
  infer: ([x], ranges) => {
    const shape = [...x!.shape];
    for (const { axis, count } of ranges) shape[axis] = count;
    return { shape, dtype: x!.dtype };
  },
  gradient: ({ inputs: [x], attributes }, upstream) => [
    apply(sliceGradient, [upstream], { ranges: attributes, shape: x!.shape }),
  ],
  lower: (node, emitter) => {
    const ranges = node.attributes as readonly Range[];
    const end = ({ start, step, count }: Range) => {
      const last = start + step * count;
      return last < 0 ? Number.MIN_SAFE_INTEGER : last;
    };
    return emitter.op("Slice", [
      emitter.plain(node.inputs[0]!),
      emitter.ints(ranges.map(({ start }) => start)),
      emitter.ints(ranges.map(end)),
      emitter.ints(ranges.map(({ axis }) => axis)),
      emitter.ints(ranges.map(({ step }) => step)),
    ]);
  },
};

interface SliceGradient {
  readonly ranges: readonly Range[];
  readonly shape: Shape;
}

/** Puts a slice back among zeros: along each axis the zeros are spread by a gather from the slice and one zero. */
const sliceGradient: Operator<SliceGradient> = {
  name: "sliceGradient",
  infer: ([upstream], { shape }) => ({ shape, dtype: upstream!.dtype }),
  gradient: ({ attributes: { ranges } }, upstream) => [apply(operator, [upstream], ranges)],
  lower: (node, emitter) => {
    const { ranges, shape } = node.attributes as SliceGradient;
    let value = emitter.plain(node.inputs[0]!);
    const current = [...node.inputs[0]!.shape];
    for (const { axis, start, step, count } of ranges) {
      const places = new Int32Array(shape[axis]!).fill(count);
      for (let i = 0; i < count; i++) places[start + i * step] = i;
      const zeros = [...current];
      zeros[axis] = 1;
      const size = zeros.reduce((product, extent) => product * extent, 1);
      value = emitter.op("Concat", [value, emitter.constant(new Float32Array(size), zeros)], { axis });
      value = emitter.op("Gather", [value, emitter.constant(places, [places.length], "int32")], { axis });
      current[axis] = shape[axis]!;
    }
    return value;
  },
};

export interface SliceOptions {
  /** The axes that starts, ends and steps speak of; the first ones when absent. */
  readonly axes?: readonly number[];
  /** The distance between the values taken, negative to go backwards; 1 when absent. */
  readonly steps?: readonly number[];
}

/**
 * The values from `starts` up to but not including `ends`, which count from the end when negative, as in Python; an end
 * of ±Infinity is the end of the axis.
 */
export function slice(
  x: Tensor,
  starts: readonly number[],
  ends: readonly number[],
  options: SliceOptions = {},
): Tensor {
  return named("slice", [x], () => {
    const { axes = starts.map((_, i) => i), steps = starts.map(() => 1) } = options;
    if ([ends, axes, steps].some(({ length }) => length !== starts.length)) {
      throw new StriateError(
        `given ${starts.length} starts, ${ends.length} ends, ${axes.length} axes and ${steps.length} steps, expected as many of each`,
      );
    }
    const ranges = starts.map((start, i) =>
      resolveRange(normalizeAxis(axes[i]!, x.shape.length), x.shape, start, ends[i]!, steps[i]!),
    );
    if (new Set(ranges.map(({ axis }) => axis)).size !== ranges.length) {
      throw new StriateError(`axes ${axes.join(", ")} repeat`);
    }
    return apply(operator, [x], ranges);
  });
}

function resolveRange(axis: number, shape: Shape, start: number, end: number, step: number): Range {
  const extent = shape[axis]!;
  if (!Number.isInteger(step) || step === 0)
    throw new StriateError(`step ${step} is not a whole number other than 0`);
  const [low, high] = step > 0 ? [0, extent] : [-1, extent - 1];
  const resolve = (position: number) => {
    if (Math.trunc(position) !== position)
      throw new StriateError(`position ${position} is not a whole number`);
    return Math.min(high, Math.max(low, position < 0 ? position + extent : position));
  };
  const first = resolve(start);
  return { axis, start: first, step, count: Math.max(0, Math.ceil((resolve(end) - first) / step)) };
}
