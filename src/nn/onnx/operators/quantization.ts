import { StriateError } from "../../../error.ts";
import type { Dtype } from "../../../formats/array.ts";
import {
  add,
  cast,
  clip,
  div,
  mul,
  reshape,
  roundStraightThrough,
  type Shape,
  sizeOf,
  sub,
  type Tensor,
} from "../../../tensor/index.ts";
import { combineHost, mapHost } from "../host-arithmetic.ts";
import { hostArray, isHost, type Operand, toTensor } from "../host-array.ts";
import type { OnnxOperators, OperatorCall } from "../operator-call.ts";
import { roundToEven } from "./rounding.ts";

const RANGES: Partial<Record<Dtype, readonly [number, number]>> = {
  int8: [-128, 127],
  uint8: [0, 255],
  int16: [-32768, 32767],
  uint16: [0, 65535],
};
const TYPE_NUMBERS: Readonly<Record<number, Dtype>> = { 2: "uint8", 3: "int8", 4: "uint16", 5: "int16" };

interface Parameters {
  readonly scale: Operand;
  readonly zero: Operand;
}

/** Scale and zero point so that they broadcast against x: one number each, or one for each place along an axis. */
function parametersOf(call: OperatorCall): Parameters {
  if (call.integer("block_size", 0) !== 0)
    throw new StriateError("quantisation in blocks", "One scale an array or an axis is supported");
  const { shape } = call.operand(0);
  const aligned = (values: Operand): Operand => {
    const count = sizeOf(values.shape);
    const reshaped = (to: Shape) => (isHost(values) ? { ...values, shape: to } : reshape(values, to));
    if (count === 1) return reshaped([]);
    const axis = call.axis(shape, 1);
    if (values.shape.length !== 1 || count !== shape[axis])
      throw new StriateError(`${count} scales or zero points for axis ${axis}`);
    return reshaped(shape.map((_, i) => (i === axis ? count : 1)));
  };
  return { scale: aligned(call.operand(1)), zero: aligned(call.operands[2] ?? hostArray([0], [], "uint8")) };
}

/** The type that a QuantizeLinear gives, uint8 where the zero point is computed, and the numbers it holds. */
function quantizedType(call: OperatorCall): { dtype: Dtype; range: readonly [number, number] } {
  const zero = call.operands[2];
  const asked = TYPE_NUMBERS[call.integer("output_dtype", 0)] ?? "uint8";
  const dtype = zero !== undefined && isHost(zero) ? zero.dtype : asked;
  const range = RANGES[dtype];
  if (range === undefined)
    throw new StriateError(`quantisation to ${dtype}`, "Use int8, uint8, int16 or uint16");
  return { dtype, range };
}

const isZero = (values: Operand): boolean => isHost(values) && values.data.every((value) => value === 0);

const asFloats = (values: Operand): Tensor =>
  isHost(values) ? toTensor(values, "float32") : cast(values, "float32");

/**
 * Quantised values of a symbolic array stay float32 arrays of whole numbers, and rounding passes the gradient on: a
 * network with QuantizeLinear and DequantizeLinear is trained as one with fake quantisation.
 */
export const quantization: OnnxOperators = {
  QuantizeLinear: {
    since: 10,
    known: [1, 2],
    evaluate: (call) => {
      const { scale, zero } = parametersOf(call);
      const { dtype, range } = quantizedType(call);
      const x = call.operand(0);
      if (isHost(x) && isHost(scale) && isHost(zero)) {
        const steps = combineHost(
          [x, scale],
          (value, size) => roundToEven(Math.fround(value! / size!)),
          "float64",
        );
        const moved = combineHost([steps, zero], (a, b) => a! + b!, "float64");
        return mapHost(moved, (value) => Math.max(range[0], Math.min(range[1], value)), dtype);
      }
      const steps = roundStraightThrough(div(asFloats(x), asFloats(scale)));
      return clip(isZero(zero) ? steps : add(steps, asFloats(zero)), ...range);
    },
  },
  DequantizeLinear: {
    since: 10,
    known: [1, 2],
    evaluate: (call) => {
      const { scale, zero } = parametersOf(call);
      const x = call.operand(0);
      if (isHost(x) && isHost(scale) && isHost(zero)) {
        const centred = combineHost([x, zero], (value, origin) => value! - origin!, "float64");
        return combineHost([centred, scale], (value, size) => value! * size!, "float32");
      }
      return mul(isZero(zero) ? asFloats(x) : sub(asFloats(x), asFloats(zero)), asFloats(scale));
    },
  },
};
