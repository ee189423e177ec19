import { StriateError } from "../../../error.ts";
import { add, constant, gather, mul, type Tensor } from "../../../tensor/index.ts";
import { normalizeAxis } from "../../../tensor/tensor.ts";
import type { OnnxOperators, OperatorCall } from "../operator-call.ts";

/** How one axis is resized. */
interface AxisResize {
  readonly axis: number;
  readonly input: number;
  readonly output: number;
  /** output / input as the node gives it. */
  readonly scale: number;
}

const single = Math.fround;

/** Of a size or a scale: beyond any image. */
const LARGEST_SCALE = 2 ** 14;

/** The place in the input where an output place looks, in the single precision of the runtime. */
const coordinates: Readonly<Record<string, (place: number, axis: AxisResize) => number>> = {
  half_pixel: (place, { scale }) => single(single((place + 0.5) / scale) - 0.5),
  pytorch_half_pixel: (place, { scale, output }) =>
    output > 1 ? single(single((place + 0.5) / scale) - 0.5) : 0,
  align_corners: (place, { input, output }) =>
    output === 1 ? 0 : single(single(place * (input - 1)) / (output - 1)),
  asymmetric: (place, { scale }) => single(place / scale),
  tf_half_pixel_for_nn: (place, { scale }) => single((place + 0.5) / scale),
};

const nearest: Readonly<Record<string, (place: number) => number>> = {
  round_prefer_floor: (place) => Math.ceil(place - 0.5),
  round_prefer_ceil: (place) => Math.floor(place + 0.5),
  floor: Math.floor,
  ceil: Math.ceil,
};

const within = (place: number, extent: number): number => Math.max(0, Math.min(extent - 1, place));

const places = (values: readonly number[]): Tensor => constant(values, [values.length], "int64");

function nearestAlong(
  x: Tensor,
  { axis, input }: AxisResize,
  sources: readonly number[],
  round: string,
): Tensor {
  return gather(x, places(sources.map((source) => within(nearest[round]!(source), input))), axis);
}

function linearAlong(x: Tensor, { axis, input }: AxisResize, sources: readonly number[]): Tensor {
  const clamped = sources.map((source) => within(source, input));
  const below = clamped.map(Math.floor);
  const weights = clamped.map((source, i) => source - below[i]!);
  const shape = [weights.length, ...x.shape.slice(axis + 1).fill(1)];
  const low = gather(x, places(below), axis);
  const high = gather(x, places(below.map((place) => within(place + 1, input))), axis);
  const part = (values: readonly number[]) => constant(values, shape);
  return add(mul(low, part(weights.map((weight) => 1 - weight))), mul(high, part(weights)));
}

/** What the node asks for each axis that it resizes. */
function axesOf(call: OperatorCall, x: Tensor, scaleInput: number): AxisResize[] {
  const rank = x.shape.length;
  const axes = call.integers("axes")?.map((axis) => normalizeAxis(axis, rank)) ?? [...x.shape.keys()];
  const scales = call.numbers(scaleInput) ?? [];
  const sizes = call.opset >= 11 ? (call.numbers(3) ?? []) : [];
  const given = sizes.length > 0 ? sizes : scales;
  if (given.length !== axes.length || given.some((value) => !(value > 0 && value <= LARGEST_SCALE)))
    throw new StriateError(`sizes or scales ${given.join(", ")} for ${axes.length} axes`);
  return axes.map((axis, i) => {
    const input = x.shape[axis]!;
    if (sizes.length > 0) return { axis, input, output: sizes[i]!, scale: single(sizes[i]! / input) };
    return { axis, input, output: Math.floor(input * scales[i]!), scale: scales[i]! };
  });
}

function requireSupported(call: OperatorCall): void {
  call.choice("keep_aspect_ratio_policy", ["stretch"], "stretch");
  if (call.flag("antialias")) throw new StriateError("antialias", "Resize without it");
}

function resize(call: OperatorCall): Tensor {
  requireSupported(call);
  const mode = call.choice("mode", ["nearest", "linear"], "nearest");
  const transformation = call.choice(
    "coordinate_transformation_mode",
    Object.keys(coordinates),
    call.opset >= 11 ? "half_pixel" : "asymmetric",
  );
  const round = call.choice("nearest_mode", Object.keys(nearest), "round_prefer_floor");
  return resizeAlong(call.tensor(0), axesOf(call, call.tensor(0), call.opset >= 11 ? 2 : 1), (x, axis) => {
    const sources = Array.from({ length: axis.output }, (_, i) => coordinates[transformation]!(i, axis));
    if (mode === "linear") return linearAlong(x, axis, sources);
    const simple = axis.scale < 1 ? "ceil" : "floor";
    return nearestAlong(x, axis, sources, call.opset >= 11 ? round : simple);
  });
}

function resizeAlong(
  x: Tensor,
  axes: readonly AxisResize[],
  apply: (x: Tensor, axis: AxisResize) => Tensor,
): Tensor {
  const changed = axes.filter(({ input, output, scale }) => input !== output || scale !== 1);
  return changed.reduce(apply, x);
}

export const resizing: OnnxOperators = {
  Resize: { since: 10, known: [1, 2, 3], evaluate: resize },
  // the form of operator set 9, with scales as its second input; Resize took its place
  Upsample: { since: 9, until: 9, known: [1], evaluate: resize },
};
