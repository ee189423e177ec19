import { existsSync, statSync } from "node:fs";
import { StriateError } from "../error.ts";
import { readFileOrExplain } from "../formats/index.node.ts";
import { decodeModel, type Model } from "../nn/model-file.ts";
import { RunFolder } from "./run-folder.node.ts";

export interface LoadedModel {
  readonly model: Model;
  /** The data source that its run was trained or measured on. */
  readonly data: string | undefined;
  /** The run folder that it was found in. */
  readonly run: string | undefined;
}

/**
 * Reads a model: a .safetensors file, or a run folder, of which the model called `preferred` is taken if there is one,
 * else the run's main model.
 */
export async function loadModel(path: string, preferred?: string): Promise<LoadedModel> {
  const isFolder = existsSync(path) && statSync(path).isDirectory();
  if (!isFolder)
    return { model: decodeModel(await readFileOrExplain(path), path), data: undefined, run: undefined };
  const folder = await RunFolder.open(path);
  if (!folder.has("run.json"))
    throw new StriateError(
      `${path} is not a run: it has no run.json`,
      "Give a folder that striate train or convert wrote",
    );
  const run = (await folder.readJson("run.json")) as {
    model?: string;
    data?: string;
    configuration?: { data?: string };
  };
  const name = preferred !== undefined && folder.has(`${preferred}.safetensors`) ? preferred : run.model;
  if (name === undefined || !folder.has(`${name}.safetensors`)) {
    throw new StriateError(`the run in ${path} has no model yet`, "Finish it with striate train --resume");
  }
  return {
    model: await folder.readModel(name),
    data: run.data ?? run.configuration?.data,
    run: path.replace(/\/+$/, ""),
  };
}
