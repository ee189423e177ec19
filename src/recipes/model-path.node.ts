import { existsSync, statSync } from "node:fs";
import { holdsResponseModel } from "../cortex/model-file.ts";
import { StriateError } from "../error.ts";
import { readFileOrExplain } from "../formats/index.node.ts";
import { readSafetensors } from "../formats/safetensors.ts";
import { sniff } from "../formats/sniff.ts";
import type { PixelScale } from "../nn/batches.ts";
import { decodeModel, type Model } from "../nn/model-file.ts";
import { holdsSpikingGraph } from "../spiking/graph/index.ts";
import { modelFromOnnx } from "./onnx-model.node.ts";
import { RunFolder } from "./run-folder.node.ts";
import { decodeSpikingModel, type SpikingModel } from "./spiking-model.ts";

interface Loaded<M> {
  readonly model: M;
  /** The data source that its run was trained or measured on. */
  readonly data: string | undefined;
  /** The run folder that it was found in. */
  readonly run: string | undefined;
}

export type LoadedModel = Loaded<Model>;

/** A network of layers, or a spiking graph. */
export type AnyModel = Model | SpikingModel;

export const isSpikingModel = (model: AnyModel): model is SpikingModel => "graph" in model;

export interface LoadOptions {
  /** Of a run folder, the model to take if it is there; else the run's main model. */
  readonly preferred?: string | undefined;
  /** How pixels become the input of an ONNX network. */
  readonly scale?: PixelScale | undefined;
}

/** Reads a network of layers: a .safetensors or .onnx file, or a run folder. */
export async function loadModel(path: string, options: LoadOptions = {}): Promise<LoadedModel> {
  const { model, ...rest } = await loadAnyModel(path, options);
  if (isSpikingModel(model)) {
    throw new StriateError(
      `${path} holds a spiking network, expected one that is not converted yet`,
      "Give the network that it was converted from",
    );
  }
  return { model, ...rest };
}

/** Reads a network of layers or a spiking graph: a .safetensors or .onnx file, or a run folder. */
export async function loadAnyModel(
  path: string,
  { preferred, scale }: LoadOptions = {},
): Promise<Loaded<AnyModel>> {
  const isFolder = existsSync(path) && statSync(path).isDirectory();
  if (!isFolder) return { model: await readModelFile(path, scale), data: undefined, run: undefined };
  const folder = await RunFolder.open(path);
  if (!folder.has("run.json"))
    throw new StriateError(
      `${path} is not a run: it has no run.json`,
      "Give a folder that striate train or convert wrote",
    );
  const run = (await folder.readJson("run.json")) as {
    command?: string;
    model?: string;
    data?: string;
    configuration?: { data?: string };
  };
  const name = preferred !== undefined && folder.has(`${preferred}.safetensors`) ? preferred : run.model;
  if (name === undefined || !folder.has(`${name}.safetensors`)) {
    throw new StriateError(
      `the run in ${path} has no model yet`,
      run.command === "convert" ? "Convert again" : "Finish it with striate train --resume",
    );
  }
  return {
    model: await readModelFile(folder.file(`${name}.safetensors`), scale),
    data: run.data ?? run.configuration?.data,
    run: path.replace(/\/+$/, ""),
  };
}

async function readModelFile(path: string, scale: PixelScale | undefined): Promise<AnyModel> {
  const bytes = await readFileOrExplain(path);
  if (sniff(bytes, path) === "onnx") return modelFromOnnx(path, scale);
  if (sniff(bytes, path) !== "safetensors") return decodeModel(bytes, path);
  const { metadata } = readSafetensors(bytes, path);
  if (holdsResponseModel(metadata))
    throw new StriateError(
      `${path} holds a model of neural responses, which has no classes`,
      "Use striate score or striate adapt",
    );
  return holdsSpikingGraph(metadata) ? decodeSpikingModel(bytes, path) : decodeModel(bytes, path);
}
