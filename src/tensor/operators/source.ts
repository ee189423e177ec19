import { StriateError } from "../../error.ts";
import {
  apply,
  type DType,
  describeShape,
  type Operator,
  type Shape,
  sizeOf,
  type Tensor,
} from "../tensor.ts";

/** A named array that keeps its values between runs: a parameter, or a running statistic. */
export interface Variable {
  readonly name: string;
  readonly shape: Shape;
  /** The current values, row-major; the runtime reads them at every run. */
  data: Float32Array;
}

/** Where the values of an input come from: the caller, a variable, or the run's random numbers. */
export type InputSource =
  | { readonly kind: "fed"; readonly name: string }
  | { readonly kind: "variable"; readonly name: string; readonly variable: Variable }
  | { readonly kind: "random"; readonly name: string };

interface InputAttributes {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly source: InputSource;
}

const inputOperator: Operator<InputAttributes> = {
  name: "input",
  infer: (_inputs, { shape, dtype }) => ({ shape, dtype }),
  lower: (node) => (node.attributes as InputAttributes).source.name,
};

/** An array that is given by name at every run. */
export const input = (name: string, shape: Shape, dtype: DType = "float32"): Tensor =>
  apply(inputOperator, [], { shape, dtype, source: { kind: "fed", name } });

/** An array whose values live in `variable` between runs. */
export const variable = (variable: Variable): Tensor =>
  apply(inputOperator, [], {
    shape: variable.shape,
    dtype: "float32",
    source: { kind: "variable", name: variable.name, variable },
  });

/** Uniform random numbers in [0, 1), drawn anew from the run's seed at every run. */
export const randomUniform = (shape: Shape, name: string): Tensor =>
  apply(inputOperator, [], { shape, dtype: "float32", source: { kind: "random", name } });

/** Where an input comes from; undefined for every other node. */
export const sourceOf = (node: Tensor): InputSource | undefined =>
  node.operator === inputOperator ? (node.attributes as InputAttributes).source : undefined;

interface ConstantAttributes {
  readonly data: ArrayLike<number>;
  readonly shape: Shape;
  readonly dtype: DType;
}

const constantOperator: Operator<ConstantAttributes> = {
  name: "constant",
  infer: (_inputs, { data, shape, dtype }) => {
    if (data.length !== sizeOf(shape)) {
      throw new StriateError(`${data.length} values given for shape ${describeShape(shape)}`);
    }
    return { shape, dtype };
  },
  lower: (node, emitter) => {
    const { data, shape, dtype } = node.attributes as ConstantAttributes;
    return emitter.constant(data, shape, dtype);
  },
};

/** Fixed numbers. A single number has shape (); a list has shape (length) unless `shape` says otherwise. */
export function constant(value: number | ArrayLike<number>, shape?: Shape, dtype: DType = "float32"): Tensor {
  const data = typeof value === "number" ? [value] : value;
  return apply(constantOperator, [], {
    data,
    shape: shape ?? (typeof value === "number" ? [] : [data.length]),
    dtype,
  });
}

/** The values of a constant node; undefined for every other node. */
export const constantValues = (node: Tensor): ArrayLike<number> | undefined =>
  node.operator === constantOperator ? (node.attributes as ConstantAttributes).data : undefined;

/** An array of this shape with one value everywhere. */
export const fill = (shape: Shape, value: number): Tensor =>
  constant(new Float32Array(sizeOf(shape)).fill(value), shape);
