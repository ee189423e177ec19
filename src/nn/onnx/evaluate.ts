import { StriateError } from "../../error.ts";
import { type Tensor, withScope } from "../../tensor/index.ts";
import { named } from "../../tensor/tensor.ts";
import { isHost } from "./host-array.ts";
import { OperatorCall, type OperatorNode } from "./operator-call.ts";
import { operatorOf } from "./operators/index.ts";
import { atStep, fromSteps, type GraphValue, isSignal } from "./value.ts";

/** A node's name as a path in the network: "/layer1/conv1/Conv" is "layer1/conv1/Conv". */
export const pathOf = (name: string): string => name.replace(/^\/+/, "") || name;

/**
 * Evaluates a node for its inputs, once for each time step where one of them differs between steps. An output that is
 * not supported, such as the indices of a MaxPool, is undefined. Throws a StriateError that names the operator and the
 * node when it is not supported or does not fit its inputs.
 */
export function evaluateNode(
  node: OperatorNode,
  opset: number,
  inputs: readonly (GraphValue | undefined)[],
): (GraphValue | undefined)[] {
  const operator = operatorOf(node, opset);
  const count = Math.max(
    1,
    ...inputs.map((value) => (value !== undefined && isSignal(value) ? value.length : 1)),
  );
  return withScope(pathOf(node.name), () => {
    const steps = Array.from({ length: count }, (_, step) => {
      const operands = inputs.map((value) => value && atStep(value, step));
      const symbolic = operands.filter(
        (operand): operand is Tensor => operand !== undefined && !isHost(operand),
      );
      const outcome = named(node.type, symbolic, () =>
        operator.evaluate(new OperatorCall(node, opset, operands)),
      );
      return Array.isArray(outcome) ? outcome : [outcome];
    });
    return node.outputs.map((_, i) =>
      steps[0]![i] === undefined ? undefined : fromSteps(steps.map((outputs) => outputs[i]!)),
    );
  });
}

/** Evaluates a node whose inputs are among `values`, and adds its outputs to them. */
export function evaluateInto(values: Map<string, GraphValue>, node: OperatorNode, opset: number): void {
  const outputs = evaluateNode(node, opset, inputsOf(node, values));
  for (const [i, name] of node.outputs.entries()) {
    if (outputs[i] !== undefined) values.set(name, outputs[i]);
  }
}

/** The values of a node's inputs; undefined for those that are left out. */
export const inputsOf = (
  node: OperatorNode,
  values: ReadonlyMap<string, GraphValue>,
): (GraphValue | undefined)[] =>
  node.inputs.map((name) => {
    if (name === "") return undefined;
    const value = values.get(name);
    if (value === undefined)
      throw new StriateError(`${node.type} "${node.name}": nothing gives its input "${name}"`);
    return value;
  });
