import { StriateError } from "../error.ts";
import { Emitter } from "./emitter.ts";
import type { OnnxModel, OnnxValue } from "./onnx-model.ts";
import { planFusion } from "./operators/conv2d-blocked.ts";
import { type InputSource, sourceOf } from "./operators/source.ts";
import { isRelu } from "./operators/unary.ts";
import { type Tensor, topologicalOrder } from "./tensor.ts";

export interface LoweringOptions {
  /**
   * Channels per block of the blocked lowering, which only the runtime that reported this number can run; 0, the
   * default, for the portable lowering.
   */
  readonly block?: number;
  /** True to write the present values of variables into the file; false, the default, to leave them as inputs. */
  readonly freeze?: boolean;
  /**
   * Names of inputs and outputs whose values nobody looks at, which only go from an output to the input of its shape in
   * the next run: they lie in memory as the lowering likes.
   */
  readonly opaque?: ReadonlySet<string>;
}

/** A graph in ONNX form, and where each of its inputs gets its values. */
export interface LoweredGraph {
  readonly model: OnnxModel;
  readonly inputs: readonly (OnnxValue & { readonly source: InputSource })[];
  readonly outputs: readonly OnnxValue[];
}

/** Lowers the graph that computes `outputs` to ONNX; throws when its inputs and outputs share a name. */
export function toOnnx(
  outputs: Readonly<Record<string, Tensor>>,
  options: LoweringOptions = {},
): LoweredGraph {
  const results = Object.values(outputs);
  const order = topologicalOrder(results);
  const taken = new Set([...Object.keys(outputs), ...order.flatMap((node) => sourceOf(node)?.name ?? [])]);
  const emitter = new Emitter(order, results, options.block ?? 0, taken);
  const inputs = new Map<string, OnnxValue & { source: InputSource; node: Tensor }>();
  for (const node of order) {
    const source = sourceOf(node);
    if (source === undefined) continue;
    if (source.kind === "variable" && options.freeze) {
      emitter.store(node, emitter.constant(Float32Array.from(source.variable.data), node.shape));
      continue;
    }
    const name = nameOf(source, node, inputs);
    const isBlocked = options.opaque?.has(name) && emitter.canBlock(node);
    emitter.store(node, isBlocked ? { name, layout: "blocked" } : name);
    if (!inputs.has(name)) inputs.set(name, { name, shape: node.shape, dtype: node.dtype, source, node });
  }
  for (const name of Object.keys(outputs)) {
    if (inputs.has(name)) {
      throw new StriateError(
        `toOnnx: an input and an output are both called "${name}"`,
        "Rename one of them",
      );
    }
  }
  planFusion(order, emitter, isRelu);
  emitter.emitAll(order);
  const values: OnnxValue[] = Object.entries(outputs).map(([name, tensor]) => {
    const isBlocked = options.opaque?.has(name) && emitter.canBlock(tensor);
    emitter.nodes.push({
      type: "Identity",
      domain: "",
      inputs: [isBlocked ? emitter.blocked(tensor) : emitter.plain(tensor)],
      outputs: [name],
      attributes: {},
    });
    return { name, shape: tensor.shape, dtype: tensor.dtype };
  });
  const fed = [...inputs.values()].map(({ node: _, ...value }) => value);
  const model = { nodes: emitter.nodes, initializers: emitter.initializers, inputs: fed, outputs: values };
  return { model, inputs: fed, outputs: values };
}

/**
 * The name of an input in the file. Variables of two networks may share a name and are then told apart by a number;
 * what the caller feeds must be named apart by the caller.
 */
function nameOf(
  source: InputSource,
  node: Tensor,
  inputs: ReadonlyMap<string, { source: InputSource; node: Tensor }>,
): string {
  for (let number = 1; ; number++) {
    const name = number === 1 ? source.name : `${source.name}#${number}`;
    const earlier = inputs.get(name);
    if (earlier === undefined || earlier.node === node) return name;
    if (source.kind !== "variable") {
      throw new StriateError(`toOnnx: two different inputs are called "${name}"`, "Give each its own name");
    }
    if (earlier.source.kind === "variable" && earlier.source.variable === source.variable) return name;
  }
}
