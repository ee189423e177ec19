import { StriateError } from "../../error.ts";
import type { Context } from "../../nn/layer.ts";
import type { Activation } from "../../nn/layers/activation.ts";
import type { Network } from "../../nn/network.ts";
import { compile } from "../../runtime/compile.ts";
import type { Numbers } from "../../spiking/graph/index.ts";
import { constantValues, input, type Tensor } from "../../tensor/index.ts";
import { topologicalOrder } from "../../tensor/tensor.ts";

/** An activation unit of a network, cut out of its graph. */
export interface CapturedUnit {
  readonly unit: Activation;
  /** What the unit takes in, computed from the image and the outputs of units before it. */
  readonly current: Tensor;
  /** Stands for the unit's output in all that comes after it. */
  readonly output: Tensor;
}

/** A network taken apart at its activation units, for one image: between them it is to be linear. */
export interface CapturedNetwork {
  readonly image: Tensor;
  readonly units: readonly CapturedUnit[];
  readonly logits: Tensor;
  /** Values of everything that does not depend on the image: weights, with normalisations folded in. */
  readonly constants: ReadonlyMap<Tensor, Numbers>;
  /** Name of the layer or node of the network that computes an array; "" where it has none. */
  nameOf(x: Tensor): string;
}

/**
 * Cuts a network at its activation units and computes all its weights as they are used outside training; `weight` says
 * how, where they are quantised.
 */
export async function captureNetwork(
  network: Network,
  weight: Context["weight"] = (parameter) => parameter.tensor,
): Promise<CapturedNetwork> {
  const { channels, height, width } = network.architecture.input;
  const image = input("image", [1, channels, height, width]);
  const units: CapturedUnit[] = [];
  const [logits, ...more] = network.call(image, {
    training: false,
    activate: (unit, [current]) => {
      const output = input(`unit ${unit.name}`, current!.shape);
      units.push({ unit, current: current!, output });
      return [output];
    },
    weight,
    updates: new Map(),
  });
  if (more.length > 0) throw new StriateError("the network's output changes from step to step");
  const roots = [...units.map(({ current }) => current), logits!];
  const sources = new Set([image, ...units.map(({ output }) => output)]);
  const layers = network.layers.map(({ name }) => name).sort((a, b) => b.length - a.length);
  return {
    image,
    units,
    logits: logits!,
    constants: await evaluateConstants(roots, sources),
    nameOf: ({ scope }) =>
      layers.find((name) => scope.endsWith(`/${name}`)) ?? scope.slice(scope.indexOf("/") + 1),
  };
}

/** Values of the arrays that are computed from no source but used together with what is. */
async function evaluateConstants(
  roots: readonly Tensor[],
  sources: ReadonlySet<Tensor>,
): Promise<Map<Tensor, Numbers>> {
  const order = topologicalOrder(roots);
  const depends = new Set<Tensor>();
  for (const node of order)
    if (sources.has(node) || node.inputs.some((each) => depends.has(each))) depends.add(node);
  const needed = new Set<Tensor>();
  for (const node of order) {
    if (!depends.has(node)) continue;
    for (const each of node.inputs) if (!depends.has(each)) needed.add(each);
  }
  const values = new Map<Tensor, Numbers>();
  const computed: Record<string, Tensor> = {};
  for (const tensor of needed) {
    const known = constantValues(tensor);
    if (known === undefined) computed[`value${tensor.id}`] = tensor;
    else values.set(tensor, { shape: tensor.shape, data: Float32Array.from(known) });
  }
  if (Object.keys(computed).length === 0) return values;
  const program = await compile({ outputs: computed }, { freeze: true, lowering: "portable" });
  try {
    const results = await program.run();
    for (const [name, tensor] of Object.entries(computed)) {
      values.set(tensor, {
        shape: tensor.shape,
        data: Float32Array.from(results[name]!.data as Float32Array),
      });
    }
  } finally {
    await program.release();
  }
  return values;
}
