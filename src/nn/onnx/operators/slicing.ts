import { StriateError } from "../../../error.ts";
import { concat, slice, type Tensor } from "../../../tensor/index.ts";
import { normalizeAxis } from "../../../tensor/tensor.ts";
import { takeHost } from "../host-arithmetic.ts";
import { type HostArray, isHost } from "../host-array.ts";
import type { OnnxOperators, OperatorCall } from "../operator-call.ts";

interface SliceRequest {
  readonly starts: number[];
  readonly ends: number[];
  readonly axes: number[];
  readonly steps: number[];
}

function sliceRequest(call: OperatorCall, rank: number): SliceRequest {
  const starts = call.integersFrom(1, "starts");
  const ends = call.integersFrom(2, "ends");
  if (starts === undefined || ends === undefined) throw new StriateError("starts or ends are missing");
  const axes = call.integersFrom(3, "axes") ?? starts.map((_, i) => i);
  const steps = call.numbers(4) ?? starts.map(() => 1);
  if ([ends, axes, steps].some(({ length }) => length !== starts.length) || steps.includes(0))
    throw new StriateError("starts, ends, axes and steps do not belong together");
  return { starts, ends, steps, axes: axes.map((axis) => normalizeAxis(axis, rank)) };
}

/** The places along an axis from `start` up to but not including `end`, as Python counts them. */
function placesOf(start: number, end: number, step: number, extent: number): number[] {
  const [low, high] = step > 0 ? [0, extent] : [-1, extent - 1];
  const resolve = (place: number) => Math.min(high, Math.max(low, place < 0 ? place + extent : place));
  const [first, last] = [resolve(start), resolve(end)];
  const count = Math.max(0, Math.ceil((last - first) / step));
  return Array.from({ length: count }, (_, i) => first + i * step);
}

const sliceKnown = (x: HostArray, { starts, ends, axes, steps }: SliceRequest): HostArray =>
  axes.reduce(
    (result, axis, i) => takeHost(result, placesOf(starts[i]!, ends[i]!, steps[i]!, x.shape[axis]!), axis),
    x,
  );

export const slicing: OnnxOperators = {
  Slice: {
    since: 1,
    known: [1, 2, 3, 4],
    evaluate: (call) => {
      const x = call.operand(0);
      const request = sliceRequest(call, x.shape.length);
      if (isHost(x)) return sliceKnown(x, request);
      const { starts, ends, axes, steps } = request;
      return starts.length === 0 ? x : slice(x, starts, ends, { axes, steps });
    },
  },
  Tile: {
    since: 6,
    known: [1],
    evaluate: (call) => {
      const repeats = call.numbers(1) ?? [];
      const tiled = (x: Tensor, count: number, axis: number) =>
        concat(new Array<Tensor>(count).fill(x), axis);
      if (
        repeats.length !== call.operand(0).shape.length ||
        repeats.some((count) => !(count >= 1 && count <= 2 ** 14))
      )
        throw new StriateError(`repeats ${repeats.join(", ")} do not fit the array`);
      return repeats.reduce(tiled, call.tensor(0));
    },
  },
};
