import { StriateError } from "../error.ts";
import type { Emitter, Lowered } from "./emitter.ts";

export type DType = "float32" | "int64" | "int32" | "uint8" | "bool";
export type Shape = readonly number[];

/**
 * A symbolic array: one node of the traced graph. It has a shape and a type but no values; those appear when the
 * runtime runs the graph.
 */
export interface Tensor {
  readonly id: number;
  // biome-ignore lint/suspicious/noExplicitAny: a node does not know the attribute type of its operator
  readonly operator: Operator<any>;
  readonly inputs: readonly Tensor[];
  // biome-ignore lint/suspicious/noExplicitAny: see above
  readonly attributes: any;
  readonly shape: Shape;
  readonly dtype: DType;
  /** The layer being traced when this node was made, such as "block2/conv1"; "" outside any layer. */
  readonly scope: string;
}

/** An operator: its shape rule, its gradient and its ONNX form, side by side. */
export interface Operator<A> {
  readonly name: string;
  /** The shape and type of the output; throws a StriateError when the inputs do not fit. */
  infer(inputs: readonly Tensor[], attributes: A): { shape: Shape; dtype: DType };
  /**
   * The gradient of a scalar with respect to each input, given `upstream`, its gradient with respect to the output;
   * null for an input that no gradient reaches. Absent when the operator is not differentiable.
   */
  gradient?(node: Tensor, upstream: Tensor): (Tensor | null)[];
  /** Writes the ONNX nodes for this operator. */
  lower(node: Tensor, emitter: Emitter): Lowered;
}

let count = 0;
const scopes: string[] = [];

/** Runs `body` with `name` added to the layer path that shape errors report. */
export function withScope<T>(name: string, body: () => T): T {
  scopes.push(name);
  try {
    return body();
  } finally {
    scopes.pop();
  }
}

export function describeShape(shape: Shape): string {
  return `(${shape.join(", ")})`;
}

export const sizeOf = (shape: Shape): number => shape.reduce((product, extent) => product * extent, 1);

export const sameShape = (a: Shape, b: Shape): boolean =>
  a.length === b.length && a.every((n, i) => n === b[i]);

/** A StriateError that says which operator refused which inputs; `reason` is what stands behind that. */
class OperatorError extends StriateError {
  readonly reason: string;

  constructor(operator: string, scope: string, inputs: readonly Tensor[], cause: StriateError) {
    const adviceLength = cause.advice === undefined ? 0 : cause.advice.length + 2;
    const reason =
      cause instanceof OperatorError
        ? cause.reason
        : cause.message.slice(0, cause.message.length - adviceLength);
    const layer = scope === "" ? "" : ` in layer "${scope}"`;
    const given = inputs.map((input) => describeShape(input.shape)).join(" and ");
    super(`${operator}${layer}: ${reason}${given === "" ? "" : ` [inputs ${given}]`}`, cause.advice);
    this.reason = reason;
  }
}

/**
 * Runs `body`; an error inside it names this operator, the layer being traced and the shapes of `inputs`. Where one
 * named operator is made of others, the error names the outermost: the one that was called.
 */
export function named<T>(operator: string, inputs: readonly Tensor[], body: () => T): T {
  try {
    return body();
  } catch (error) {
    if (!(error instanceof StriateError)) throw error;
    throw new OperatorError(operator, scopes.join("/"), inputs, error);
  }
}

/** Adds one node to the graph, checking its shapes; every public operator ends here. */
export function apply<A>(operator: Operator<A>, inputs: readonly Tensor[], attributes: A): Tensor {
  return named(operator.name, inputs, () => {
    const { shape, dtype } = operator.infer(inputs, attributes);
    for (const extent of shape) {
      if (!Number.isInteger(extent) || extent < 1) {
        throw new StriateError(
          `the output would have shape ${describeShape(shape)}`,
          "Every extent must be at least 1",
        );
      }
    }
    return { id: count++, operator, inputs, attributes, shape, dtype, scope: scopes.join("/") };
  });
}

export function requireFloat(...inputs: readonly Tensor[]): void {
  for (const input of inputs) {
    if (input.dtype !== "float32")
      throw new StriateError(`expected float32, given ${input.dtype}`, "Use cast first");
  }
}

/** The one type that both arrays have; throws when they differ, or when that type is among `refused`. */
export function requireOneType(a: Tensor, b: Tensor, refused: readonly DType[] = []): DType {
  if (a.dtype !== b.dtype) {
    throw new StriateError(`types ${a.dtype} and ${b.dtype} differ`, "Use cast first");
  }
  if (refused.includes(a.dtype)) {
    throw new StriateError(`not defined for ${a.dtype}`, "Use cast first");
  }
  return a.dtype;
}

export function requireRank(input: Tensor, rank: number, what = "input"): void {
  if (input.shape.length !== rank) {
    throw new StriateError(`${what} must have ${rank} axes, given shape ${describeShape(input.shape)}`);
  }
}

/** Throws unless every one of `values`, given for an option, is a whole number that is not below `least`. */
export function requireWhole(option: string, values: readonly number[], least: number): void {
  if (values.some((value) => !Number.isInteger(value) || value < least)) {
    throw new StriateError(
      `${option} must be whole numbers of at least ${least}, given ${values.join(", ")}`,
    );
  }
}

/** A non-negative axis from one that may count from the end; throws when it is out of range. */
export function normalizeAxis(axis: number, rank: number): number {
  const normal = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || normal < 0 || normal >= rank) {
    throw new StriateError(`axis ${axis} is out of range for ${rank} axes`);
  }
  return normal;
}

/** The shape to which numpy broadcasting brings all of `shapes`. */
export function broadcastShapes(...shapes: readonly Shape[]): number[] {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  const result = new Array<number>(rank).fill(1);
  for (const shape of shapes) {
    for (let i = 0; i < shape.length; i++) {
      const axis = rank - shape.length + i;
      const extent = shape[i]!;
      if (extent === 1 || extent === result[axis]) continue;
      if (result[axis] !== 1) {
        throw new StriateError(`shapes ${shapes.map(describeShape).join(" and ")} do not broadcast together`);
      }
      result[axis] = extent;
    }
  }
  return result;
}

/** Every node that `outputs` depend on, inputs before users. */
export function topologicalOrder(outputs: readonly Tensor[]): Tensor[] {
  const seen = new Set<Tensor>();
  const stack = [...outputs];
  while (stack.length > 0) {
    const node = stack.pop()!;
    if (seen.has(node)) continue;
    seen.add(node);
    stack.push(...node.inputs);
  }
  return [...seen].sort((a, b) => a.id - b.id);
}
