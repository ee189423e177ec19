import * as z from "zod";
import { StriateError } from "../error.ts";
import { readSafetensors, writeSafetensors } from "../formats/safetensors.ts";
import { sizeOf } from "../tensor/index.ts";
import { architectureSpecification } from "./architecture.ts";
import { buildNetwork, type Network, type NetworkState } from "./network.ts";

const bits = z.number().int().min(1).max(8);
const weightBits = z.number().int().min(2).max(8).optional();
const steps = z.number().int().min(1).max(10_000);

/** What a model file says beside its parameters. */
export const modelDescription = z.strictObject({
  format: z.literal("striate-model-1"),
  architecture: architectureSpecification,
  /** How the network is to be evaluated. */
  kind: z.discriminatedUnion("type", [
    z.strictObject({ type: z.literal("float") }),
    z.strictObject({
      type: z.literal("quantized"),
      bits,
      weightBits,
    }),
    z.strictObject({
      type: z.literal("converted"),
      bits,
      weightBits,
      steps,
      neurons: z.enum(["signed", "unsigned"]),
      fineTuned: z.boolean(),
    }),
    z.strictObject({
      type: z.literal("spiking"),
      steps,
      neuron: z.looseObject({ kind: z.enum(["if", "lif"]) }),
    }),
  ]),
  scale: z.strictObject({ mean: z.array(z.number()), deviation: z.array(z.number().positive()) }),
  classes: z.number().int().positive(),
  classNames: z.array(z.string()).optional(),
  /** The data set it was trained on, and its hash. */
  data: z.strictObject({ name: z.string(), hash: z.string() }),
});

export type ModelDescription = z.infer<typeof modelDescription>;
export type ModelKind = ModelDescription["kind"];

/** A network with all that is needed to use it. */
export interface Model {
  readonly network: Network;
  readonly description: ModelDescription;
}

/** The same network with parameters of its own. */
export function copyModel({ network, description }: Model): Model {
  const copy = buildNetwork(network.architecture, 0);
  copy.load(network.state());
  return { network: copy, description };
}

/** The bytes of a model file: a safetensors file whose metadata describes the network. */
export function encodeModel(
  { network, description }: Model,
  state: NetworkState = network.state(),
): Uint8Array {
  const tensors = Object.fromEntries(
    Object.entries(state).map(([name, { shape, data }]) => [name, { shape: [...shape], data }]),
  );
  return writeSafetensors(tensors, { striate: JSON.stringify(description) });
}

/** Reads a model file; `name` is what error messages call it. */
export function decodeModel(bytes: Uint8Array, name: string): Model {
  const { tensors, metadata } = readSafetensors(bytes, name);
  const description = parseDescription(metadata.striate, name);
  const network = buildNetwork(description.architecture, 0);
  const { scale, classes } = description;
  const { channels } = network.architecture.input;
  if (
    scale.mean.length !== channels ||
    scale.deviation.length !== channels ||
    sizeOf(network.outputShape) !== classes
  ) {
    throw new StriateError(
      `${name}: ${classes} classes or ${scale.mean.length} channels do not fit the network`,
      "The file is damaged: write it anew",
    );
  }
  const state: Record<string, { shape: readonly number[]; data: Float32Array }> = {};
  for (const [key, { shape, data }] of Object.entries(tensors)) {
    if (data instanceof Float32Array) state[key] = { shape, data };
  }
  network.load(state);
  return { network, description };
}

function parseDescription(text: string | undefined, name: string): ModelDescription {
  if (text === undefined) {
    throw new StriateError(
      `${name}: a safetensors file, but not a Striate model`,
      "Give a model that striate train or convert wrote",
    );
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new StriateError(
      `${name}: the description of the model is not valid JSON`,
      "The file is damaged: write it anew",
    );
  }
  const parsed = modelDescription.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new StriateError(
      `${name}: the description of the model is not valid at ${issue!.path.join(".")}: ${issue!.message}`,
    );
  }
  return parsed.data;
}
