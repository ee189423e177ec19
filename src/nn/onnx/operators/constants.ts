import { StriateError } from "../../../error.ts";
import type { Dtype, NumericArray } from "../../../formats/array.ts";
import { broadcastTo, cast, constant, type Shape, sizeOf } from "../../../tensor/index.ts";
import { broadcastHost, mapHost } from "../host-arithmetic.ts";
import {
  fromFile,
  type HostArray,
  hostArray,
  hostIntegers,
  isHoldable,
  isHost,
  type Operand,
  requireShape,
  requireSize,
  tensorType,
  toTensor,
} from "../host-array.ts";
import type { OnnxOperators, OperatorCall } from "../operator-call.ts";

const isArray = (value: unknown): value is NumericArray =>
  typeof value === "object" && value !== null && "dtype" in value && "data" in value;

/** The array of an attribute such as "value". */
function arrayAttribute(call: OperatorCall, name: string): HostArray | undefined {
  const value = call.node.attributes[name];
  if (value === undefined) return undefined;
  if (!isArray(value)) throw new StriateError(`attribute "${name}" is not an array of numbers`);
  return fromFile(value);
}

function constantValue(call: OperatorCall): HostArray {
  const { attributes } = call.node;
  const value = arrayAttribute(call, "value");
  if (value !== undefined) return value;
  for (const [name, dtype] of [
    ["value_float", "float32"],
    ["value_int", "int64"],
  ] as const) {
    if (name in attributes) return hostArray([call.float(name, 0)], [], dtype);
  }
  for (const [name, dtype] of [
    ["value_floats", "float32"],
    ["value_ints", "int64"],
  ] as const) {
    const values = attributes[name];
    if (Array.isArray(values) && values.every((each) => typeof each === "number"))
      return hostArray(values, [values.length], dtype);
  }
  throw new StriateError(
    `a constant with the attribute ${Object.keys(attributes).join(", ") || "(none)"}`,
    "Supported are value, value_float, value_floats, value_int and value_ints",
  );
}

/** A known array repeated along axes; where that is large it is left to the runtime. */
export const repeated = (x: HostArray, shape: Shape): Operand =>
  isHoldable(shape, x.data.length) ? broadcastHost(x, shape) : broadcastTo(toTensor(x), shape);

/** Element types by their number in the standard; float16 and bfloat16 are float32. */
const ELEMENT_TYPES: Readonly<Record<number, Dtype>> = {
  1: "float32",
  2: "uint8",
  3: "int8",
  4: "uint16",
  5: "int16",
  6: "int32",
  7: "int64",
  9: "bool",
  10: "float32",
  11: "float64",
  12: "uint32",
  13: "uint64",
  16: "float32",
};

export const constants: OnnxOperators = {
  Cast: {
    since: 6,
    evaluate: (call) => {
      const to = ELEMENT_TYPES[call.integer("to", 0)];
      if (to === undefined) throw new StriateError(`a cast to element type ${call.integer("to", 0)}`);
      const x = call.operand(0);
      if (!isHost(x)) return cast(x, tensorType(to));
      if (to === "bool") return mapHost(x, (value) => (value === 0 ? 0 : 1), to);
      return mapHost(x, to.startsWith("float") ? (value) => value : Math.trunc, to);
    },
  },
  Constant: { since: 1, evaluate: constantValue },
  ConstantOfShape: {
    since: 9,
    known: [0],
    evaluate: (call) => {
      const shape = call.numbers(0) ?? [];
      const value = arrayAttribute(call, "value") ?? hostArray([0], [1], "float32");
      requireShape(shape);
      if (value.data.length !== 1)
        throw new StriateError(`attribute "value" has ${value.data.length} numbers, expected one`);
      return repeated({ ...value, shape: [] }, shape);
    },
  },
  Dropout: {
    since: 7,
    known: [1, 2],
    evaluate: (call) => {
      const ratio = call.number(1) ?? 0.5;
      if (call.number(2) && ratio > 0) {
        throw new StriateError("dropout in training mode", "Export the network for inference");
      }
      const x = call.operand(0);
      return [x, isHost(x) ? mapHost(x, () => 1, "bool") : cast(broadcastTo(constant(1), x.shape), "bool")];
    },
  },
  Identity: { since: 1, evaluate: (call) => call.operand(0) },
  Range: {
    since: 11,
    known: [0, 1, 2],
    evaluate: (call) => {
      const [start, limit, delta] = [call.number(0) ?? 0, call.number(1) ?? 0, call.number(2) ?? 1];
      const count = Math.max(0, Math.ceil((limit - start) / delta));
      requireSize([count]);
      const { dtype } = call.values(0)!;
      return hostArray(
        Float64Array.from({ length: count }, (_, i) => start + i * delta),
        [count],
        dtype,
      );
    },
  },
  Shape: {
    since: 1,
    evaluate: (call) => {
      const { shape } = call.operand(0);
      return hostIntegers(shape.slice(call.integer("start", 0), call.integer("end")));
    },
  },
  Size: {
    since: 1,
    evaluate: (call) => hostArray([sizeOf(call.operand(0).shape)], [], "int64"),
  },
};
