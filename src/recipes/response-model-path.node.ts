import { createHash } from "node:crypto";
import { existsSync, statSync } from "node:fs";
import { basename, extname } from "node:path";
import { decodeResponseModel, holdsResponseModel } from "../cortex/model-file.ts";
import type { ResponseModel } from "../cortex/response-model.ts";
import { responseModelFromSensorium } from "../cortex/sensorium-weights.ts";
import { standardize, trialsOf } from "../cortex/trials.ts";
import { StriateError } from "../error.ts";
import { readFileOrExplain } from "../formats/index.node.ts";
import type { Recording } from "../formats/recording.ts";
import { readSafetensors } from "../formats/safetensors.ts";
import { sniff } from "../formats/sniff.ts";
import { readTorch } from "../formats/torch.ts";
import { responseModelFile } from "./fit-run.node.ts";
import type { ProgressReporter } from "./progress.ts";
import { RunFolder } from "./run-folder.node.ts";

export interface LoadedResponseModel {
  readonly name: string;
  readonly model: ResponseModel;
  readonly file: string;
  /** SHA-256 of the file, as hexadecimal digits. */
  readonly hash: string;
  /** Whether the file tells how recordings are standardised: see supplyScales. */
  readonly hasScales: boolean;
}

/**
 * Reads a response model: a run of `striate fit` or `striate adapt`, a model file, or a state dict of a Sensorium 2022
 * baseline as torch.save writes it.
 */
export async function loadResponseModel(path: string): Promise<LoadedResponseModel> {
  const file = await modelFileOf(path);
  const bytes = await readFileOrExplain(file);
  const hash = createHash("sha256").update(bytes).digest("hex");
  const format = sniff(bytes, file);
  if (format === "torch") {
    const model = responseModelFromSensorium(readTorch(bytes, file).tensors, { name: file });
    return { name: basename(file, extname(file)), model, file, hash, hasScales: false };
  }
  if (format !== "safetensors" || !holdsResponseModel(readSafetensors(bytes, file).metadata))
    throw new StriateError(
      `${file} holds no response model`,
      "Give a run that striate fit or striate adapt wrote, its model.safetensors, or a state dict of a Sensorium baseline",
    );
  return { ...decodeResponseModel(bytes, file), file, hash, hasScales: true };
}

/** Gives a model whose file had none the scales of the recordings that it has readouts for, from their training trials. */
export function supplyScales(
  { model, file, hasScales }: LoadedResponseModel,
  recordings: readonly Recording[],
  progress: ProgressReporter,
): void {
  const known = recordings.filter(({ subject }) => model.subjects.has(subject));
  if (hasScales || known.length === 0) return;
  for (const recording of known) standardize(model, recording, trialsOf(recording, "train"));
  progress.note(
    `${file} does not tell how its recordings were standardised: done by the training trials of those given`,
  );
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
