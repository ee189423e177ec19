import { StriateError } from "../../../error.ts";
import { constant, gather, pad, slice, type Tensor } from "../../../tensor/index.ts";
import { normalizeAxis } from "../../../tensor/tensor.ts";
import { requireSize } from "../host-array.ts";
import type { OnnxOperators, OperatorCall } from "../operator-call.ts";

type Widths = readonly (readonly [before: number, after: number])[];

/** What to add before and after each axis; negative numbers take away. */
function paddingWidths(call: OperatorCall, rank: number): Widths {
  const pads = call.integersFrom(1, "pads") ?? [];
  const axes =
    call.numbers(3)?.map((axis) => normalizeAxis(axis, rank)) ?? Array.from({ length: rank }, (_, i) => i);
  if (pads.length !== 2 * axes.length)
    throw new StriateError(`given ${pads.length} pads, expected ${2 * axes.length}`);
  const widths = Array.from({ length: rank }, (): [number, number] => [0, 0]);
  for (const [i, axis] of axes.entries()) widths[axis] = [pads[i]!, pads[i + axes.length]!];
  return widths;
}

/** Zeros, or another number; negative widths crop. */
function padConstant(x: Tensor, widths: Widths, value: number): Tensor {
  const cropped = slice(
    x,
    widths.map(([before]) => Math.max(0, -before)),
    widths.map(([, after], axis) => x.shape[axis]! - Math.max(0, -after)),
  );
  const added = widths.map(([before, after]) => [Math.max(0, before), Math.max(0, after)] as const);
  const crops = widths.flat().some((width) => width < 0);
  return added.flat().some((width) => width > 0) ? pad(crops ? cropped : x, added, value) : cropped;
}

/** For a place outside 0 … extent − 1, the place whose value stands there. */
const sources: Readonly<Record<string, (place: number, extent: number) => number>> = {
  edge: (place, extent) => Math.max(0, Math.min(extent - 1, place)),
  wrap: (place, extent) => ((place % extent) + extent) % extent,
  reflect: (place, extent) => {
    if (extent === 1) return 0;
    const period = 2 * (extent - 1);
    const within = ((place % period) + period) % period;
    return within < extent ? within : period - within;
  },
};

function padFromInside(x: Tensor, widths: Widths, mode: string): Tensor {
  let result = x;
  for (const [axis, [before, after]] of widths.entries()) {
    if (before === 0 && after === 0) continue;
    const extent = x.shape[axis]!;
    const length = Math.max(0, before + extent + after);
    requireSize([length]);
    const places = Array.from({ length }, (_, i) => sources[mode]!(i - before, extent));
    result = gather(result, constant(places, [places.length], "int64"), axis);
  }
  return result;
}

export const padding: OnnxOperators = {
  Pad: {
    since: 2,
    known: [1, 2, 3],
    evaluate: (call) => {
      const x = call.tensor(0);
      const widths = paddingWidths(call, x.shape.length);
      const mode = call.choice("mode", ["constant", "reflect", "edge", "wrap"], "constant");
      if (widths.flat().every((width) => width === 0)) return x;
      if (mode !== "constant") return padFromInside(x, widths, mode);
      return padConstant(x, widths, call.number(2) ?? call.float("value", 0));
    },
  },
};
