import { StriateError } from "../../error.ts";
import type { DType, Shape, Tensor } from "../../tensor/index.ts";
import { normalizeAxis } from "../../tensor/tensor.ts";
import { type HostArray, isHost, limitInteger, type Operand, toTensor } from "./host-array.ts";

/** The part of an ONNX node that evaluation needs. */
export interface OperatorNode {
  readonly name: string;
  readonly type: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** One evaluation of a node at one time step: its operands and attributes, checked as they are asked for. */
export class OperatorCall {
  readonly node: OperatorNode;
  /** Version of the standard's operator set. */
  readonly opset: number;
  readonly operands: readonly (Operand | undefined)[];

  constructor(node: OperatorNode, opset: number, operands: readonly (Operand | undefined)[]) {
    this.node = node;
    this.opset = opset;
    this.operands = operands;
  }

  /** Throws when the operand is missing. */
  operand(index: number): Operand {
    const value = this.operands[index];
    if (value === undefined) throw new StriateError(`input ${index} is missing`);
    return value;
  }

  has(index: number): boolean {
    return this.operands[index] !== undefined;
  }

  /** The operands when every one is known, to evaluate the node without the runtime. */
  get known(): readonly HostArray[] | undefined {
    const given = this.operands.filter((value) => value !== undefined);
    return given.every(isHost) ? given : undefined;
  }

  /** The operand as a symbolic array, in `dtype` where it is known and a type is given. */
  tensor(index: number, dtype?: DType): Tensor {
    const value = this.operand(index);
    return isHost(value) ? toTensor(value, dtype) : value;
  }

  /** Every operand as a symbolic array; those that are known take the type of those that are not. */
  get tensors(): Tensor[] {
    const symbolic = this.operands.find((value) => value !== undefined && !isHost(value)) as
      | Tensor
      | undefined;
    return this.operands.map((_, index) => this.tensor(index, symbolic?.dtype));
  }

  /** The values of an operand that must be known while the graph is built; undefined when it is left out. */
  values(index: number): HostArray | undefined {
    const value = this.operands[index];
    if (value === undefined || isHost(value)) return value;
    throw new StriateError(
      `input ${index} ("${this.node.inputs[index]}") depends on the values of the graph's inputs`,
      "It must be a constant or follow from shapes",
    );
  }

  /** The numbers of an operand that must be known. */
  numbers(index: number): number[] | undefined {
    const values = this.values(index);
    return values && Array.from(values.data);
  }

  number(index: number): number | undefined {
    const numbers = this.numbers(index);
    if (numbers !== undefined && numbers.length !== 1)
      throw new StriateError(`input ${index} must be one number, given ${numbers.length}`);
    return numbers?.[0];
  }

  float(name: string, otherwise: number): number;
  float(name: string): number | undefined;
  float(name: string, otherwise?: number): number | undefined {
    const value = this.node.attributes[name];
    if (value === undefined) return otherwise;
    if (typeof value !== "number") throw new StriateError(`attribute "${name}" is not a number`);
    return value;
  }

  integer(name: string, otherwise: number): number;
  integer(name: string): number | undefined;
  integer(name: string, otherwise?: number): number | undefined {
    const value = this.float(name) ?? otherwise;
    if (value !== undefined && !Number.isSafeInteger(value))
      throw new StriateError(`attribute "${name}" must be a whole number, given ${value}`);
    return value;
  }

  flag(name: string, otherwise = false): boolean {
    return this.integer(name, otherwise ? 1 : 0) !== 0;
  }

  text(name: string, otherwise: string): string {
    const value = this.node.attributes[name] ?? otherwise;
    if (typeof value !== "string") throw new StriateError(`attribute "${name}" is not text`);
    return value;
  }

  /** Numbers beyond what a double counts exactly, which mean "to the end", are limited to that. */
  integers(name: string): number[] | undefined {
    const value = this.node.attributes[name];
    if (value === undefined) return undefined;
    if (!Array.isArray(value) || !value.every(Number.isInteger))
      throw new StriateError(`attribute "${name}" is not a list of whole numbers`);
    return value.map(limitInteger);
  }

  /** Whole numbers that are an attribute in older operator sets and an input in newer ones. */
  integersFrom(index: number, name: string): number[] | undefined {
    const numbers = this.numbers(index) ?? this.integers(name);
    if (numbers !== undefined && !numbers.every(Number.isSafeInteger))
      throw new StriateError(`input ${index} must be whole numbers, given ${numbers.join(", ")}`);
    return numbers;
  }

  /** One of `choices`; throws when the attribute is something else. */
  choice<T extends string>(name: string, choices: readonly T[], otherwise: T): T {
    const value = this.text(name, otherwise);
    if (!(choices as readonly string[]).includes(value)) {
      throw new StriateError(`attribute "${name}" is "${value}"`, `Supported are ${choices.join(", ")}`);
    }
    return value as T;
  }

  /** The attribute "axis" as a non-negative axis of `shape`. */
  axis(shape: Shape, otherwise?: number): number {
    const axis = this.integer("axis") ?? otherwise;
    if (axis === undefined) throw new StriateError('attribute "axis" is missing');
    return normalizeAxis(axis, shape.length);
  }
}

/** What an operator gives: one value, or one for each output. */
export type Outcome = Operand | readonly (Operand | undefined)[];

/** An operator of the ONNX standard. */
export interface OnnxOperator {
  /** First and last version of the operator set that this form of it understands. */
  readonly since: number;
  readonly until?: number;
  /** Inputs whose values are needed while the graph is built, such as the shape of a Reshape, or never trained. */
  readonly known?: readonly number[];
  evaluate(call: OperatorCall): Outcome;
}

export type OnnxOperators = Readonly<Record<string, OnnxOperator>>;
