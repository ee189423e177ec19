import { StriateError } from "../../../error.ts";
import type { OnnxOperator, OnnxOperators, OperatorNode } from "../operator-call.ts";
import { activations } from "./activations.ts";
import { arithmetic } from "./arithmetic.ts";
import { constants } from "./constants.ts";
import { convolutions } from "./convolution.ts";
import { joining } from "./joining.ts";
import { layout } from "./layout.ts";
import { linearAlgebra } from "./linear-algebra.ts";
import { normalizations } from "./normalization.ts";
import { padding } from "./padding.ts";
import { pooling } from "./pooling.ts";
import { quantization } from "./quantization.ts";
import { reductions } from "./reductions.ts";
import { resizing } from "./resizing.ts";
import { slicing } from "./slicing.ts";

/** Operators of the standard by name. */
export const operators: OnnxOperators = {
  ...activations,
  ...arithmetic,
  ...constants,
  ...convolutions,
  ...joining,
  ...layout,
  ...linearAlgebra,
  ...normalizations,
  ...padding,
  ...pooling,
  ...quantization,
  ...reductions,
  ...resizing,
  ...slicing,
};

const isStandard = (domain: string): boolean => domain === "" || domain === "ai.onnx";

/** The operator of a node; undefined when there is none in that version of the operator set. */
export function findOperator({ type, domain }: OperatorNode, opset: number): OnnxOperator | undefined {
  const operator = isStandard(domain) && Object.hasOwn(operators, type) ? operators[type] : undefined;
  const { since = 0, until = Number.POSITIVE_INFINITY } = operator ?? {};
  return since <= opset && opset <= until ? operator : undefined;
}

export function operatorOf(node: OperatorNode, opset: number): OnnxOperator {
  const operator = findOperator(node, opset);
  if (operator === undefined) requireOperators([node], opset);
  return operator!;
}

/** Throws unless every node's operator is supported; names each that is not, its count and its first node. */
export function requireOperators(nodes: readonly OperatorNode[], opset: number): void {
  const missing = new Map<string, OperatorNode[]>();
  for (const node of nodes) {
    if (findOperator(node, opset) !== undefined) continue;
    const type = isStandard(node.domain) ? node.type : `${node.domain}.${node.type}`;
    missing.set(type, [...(missing.get(type) ?? []), node]);
  }
  if (missing.size === 0) return;
  const list = [...missing].map(([type, [first, ...others]]) =>
    others.length === 0
      ? `${type} (node "${first!.name}")`
      : `${type} × ${others.length + 1} (first node "${first!.name}")`,
  );
  throw new StriateError(
    `operators of opset ${opset} that are not supported: ${list.join(", ")}`,
    `Supported are ${Object.keys(operators).sort().join(", ")}`,
  );
}
