import * as z from "zod";
import { StriateError } from "../error.ts";
import { readSafetensors, writeSafetensors } from "../formats/safetensors.ts";
import type { Parameter } from "../nn/parameter.ts";
import { pathSpecification } from "./paths/path.ts";
import { ResponseModel } from "./response-model.ts";
import { responseModelSpecification, subjectSpecification } from "./specification.ts";

const modelDescription = z.strictObject({
  format: z.literal("striate-response-1"),
  /** What it is called, such as the name of its preset. */
  name: z.string(),
  model: responseModelSpecification,
  paths: z.array(pathSpecification),
});

const adaptationDescription = z.strictObject({
  format: z.literal("striate-adaptation-1"),
  name: z.string(),
  /** Of the core that it belongs to: see coreHash. */
  core: z.string(),
  subjects: z.array(subjectSpecification),
  paths: z.array(pathSpecification),
});

/** SHA-256 of the names and values of a core's parameters, as hexadecimal digits. */
export async function coreHash({ core }: ResponseModel): Promise<string> {
  const parts = core.parameters.flatMap(({ name, data }) => [
    new TextEncoder().encode(`${name}\n`),
    new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  ]);
  const bytes = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The bytes of a model file. */
export function encodeResponseModel(name: string, model: ResponseModel): Uint8Array {
  const description = {
    format: "striate-response-1",
    name,
    model: model.specification,
    paths: model.paths.map(({ specification }) => specification),
  } satisfies z.input<typeof modelDescription>;
  return encode(model.parameters, description);
}

/** Reads a model file; `file` is what errors call it. */
export function decodeResponseModel(bytes: Uint8Array, file: string): { name: string; model: ResponseModel } {
  const { tensors, description } = decode(bytes, file, modelDescription);
  const model = new ResponseModel(description.model, 0, description.paths);
  load(model.parameters, tensors, file);
  return { name: description.name, model };
}

/** Whether the metadata of a safetensors file is that of a response model. */
export const holdsResponseModel = (metadata: Readonly<Record<string, string>>): boolean =>
  metadata.striate?.includes("striate-response-1") ?? false;

/** Whether the metadata of a safetensors file is that of an adaptation. */
export const holdsAdaptation = (metadata: Readonly<Record<string, string>>): boolean =>
  metadata.striate?.includes("striate-adaptation-1") ?? false;

/** What an adaptation file says of itself, and how many values it holds. */
export function describeAdaptationFile(
  bytes: Uint8Array,
  file: string,
): z.infer<typeof adaptationDescription> & { readonly values: number } {
  const { tensors, description } = decode(bytes, file, adaptationDescription);
  return {
    ...description,
    values: Object.values(tensors).reduce((total, { data }) => total + data.length, 0),
  };
}

/** What an adaptation adds to a core, without the core: the paths, and the readouts of the subjects. */
export async function encodeAdaptation(name: string, model: ResponseModel): Promise<Uint8Array> {
  const description = {
    format: "striate-adaptation-1",
    name,
    core: await coreHash(model),
    subjects: model.specification.subjects,
    paths: model.paths.map(({ specification }) => specification),
  } satisfies z.input<typeof adaptationDescription>;
  return encode(ownParameters(model), description);
}

/**
 * The model that an adaptation file makes of a core: that core, with the file's paths and readouts.
 *
 * @throws StriateError when the file was made for another core
 */
export async function applyAdaptation(
  base: ResponseModel,
  bytes: Uint8Array,
  file: string,
): Promise<ResponseModel> {
  const { tensors, description } = decode(bytes, file, adaptationDescription);
  if (description.core !== (await coreHash(base)))
    throw new StriateError(
      `${file} adapts another core`,
      `Use the model whose core has the SHA-256 ${description.core.slice(0, 12)}…`,
    );
  const { subjects, paths } = description;
  const model = new ResponseModel({ ...base.specification, subjects }, 0, paths);
  copyCore(base, model);
  load(ownParameters(model), tensors, file);
  return model;
}

/** Gives `to` the values of the core of `from`. */
export function copyCore(from: ResponseModel, to: ResponseModel): void {
  const values = new Map(from.core.parameters.map(({ name, data }) => [name, data]));
  for (const parameter of to.core.parameters) parameter.take(values.get(parameter.name)!);
}

/** Everything of a model but its core. */
function ownParameters(model: ResponseModel): readonly Parameter[] {
  const core = new Set(model.core.parameters);
  return model.parameters.filter((parameter) => !core.has(parameter));
}

function encode(parameters: readonly Parameter[], description: unknown): Uint8Array {
  const tensors = Object.fromEntries(
    parameters
      .filter(({ role }) => role !== "threshold")
      .map(({ name, shape, data }) => [name, { shape: [...shape], data }]),
  );
  return writeSafetensors(tensors, { striate: JSON.stringify(description) });
}

function decode<T>(
  bytes: Uint8Array,
  file: string,
  schema: z.ZodType<T>,
): { tensors: ReturnType<typeof readSafetensors>["tensors"]; description: T } {
  const { tensors, metadata } = readSafetensors(bytes, file);
  let json: unknown;
  try {
    json = JSON.parse(metadata.striate ?? "null");
  } catch {
    throw new StriateError(
      `${file}: its description is not valid JSON`,
      "The file is damaged: write it anew",
    );
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return { tensors, description: parsed.data };
  const [issue] = parsed.error.issues;
  throw new StriateError(
    `${file}: not the description that was expected, at ${issue!.path.join(".") || "its top"}: ${issue!.message}`,
    "Give a file that striate fit or striate adapt wrote",
  );
}

function load(
  parameters: readonly Parameter[],
  tensors: ReturnType<typeof readSafetensors>["tensors"],
  file: string,
): void {
  const known = parameters.filter(({ role }) => role !== "threshold");
  for (const { name, shape } of known) {
    const given = tensors[name];
    if (!(given?.data instanceof Float32Array) || given.shape.join() !== shape.join())
      throw new StriateError(
        `${file}: ${given ? `"${name}" has shape (${given.shape.join(", ")}) and type ${given.dtype}` : `no "${name}"`}, expected float32 (${shape.join(", ")})`,
        "The file is damaged: write it anew",
      );
  }
  for (const parameter of known) parameter.take(tensors[parameter.name]!.data as Float32Array);
}
