import { existsSync, statSync } from "node:fs";
import { decodeResponseModel, holdsResponseModel } from "../cortex/model-file.ts";
import type { ResponseModel } from "../cortex/response-model.ts";
import { StriateError } from "../error.ts";
import { readFileOrExplain } from "../formats/index.node.ts";
import { readSafetensors } from "../formats/safetensors.ts";
import { sniff } from "../formats/sniff.ts";
import { responseModelFile } from "./fit-run.node.ts";
import { RunFolder } from "./run-folder.node.ts";

export interface LoadedResponseModel {
  readonly name: string;
  readonly model: ResponseModel;
  readonly file: string;
}

/** Reads a response model: a run of `striate fit` or `striate adapt`, or a model file. */
export async function loadResponseModel(path: string): Promise<LoadedResponseModel> {
  const file = await modelFileOf(path);
  const bytes = await readFileOrExplain(file);
  if (sniff(bytes, file) !== "safetensors" || !holdsResponseModel(readSafetensors(bytes, file).metadata))
    throw new StriateError(
      `${file} holds no response model`,
      "Give a run that striate fit or striate adapt wrote, or its model.safetensors",
    );
  return { ...decodeResponseModel(bytes, file), file };
}

async function modelFileOf(path: string): Promise<string> {
  if (!existsSync(path))
    throw new StriateError(`${path} does not exist`, "Give a run that striate fit wrote, or a model file");
  if (!statSync(path).isDirectory()) return path;
  const folder = await RunFolder.open(path);
  if (!folder.has("run.json"))
    throw new StriateError(
      `${path} is not a run: it has no run.json`,
      "Give a folder that striate fit or striate adapt wrote",
    );
  if (folder.has(responseModelFile)) return folder.file(responseModelFile);
  const { command } = (await folder.readJson("run.json")) as { command?: string };
  if (command === "fit" || command === "adapt")
    throw new StriateError(
      `the run in ${path} has no model yet`,
      `Finish it with striate ${command} --resume; a comparison of arms keeps none`,
    );
  throw new StriateError(
    `${path} is a run of striate ${command}, not of a response model`,
    "Give a run of striate fit or striate adapt",
  );
}
