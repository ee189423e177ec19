import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { StriateError } from "../error.ts";
import {
  makeFolder,
  readFileOrExplain,
  sweepTemporaryFiles,
  writeFileAtomic,
} from "../formats/index.node.ts";
import { readSafetensors, writeSafetensors } from "../formats/safetensors.ts";
import { decodeModel, encodeModel, type Model } from "../nn/model-file.ts";

type Arrays = Readonly<Record<string, Float32Array>>;

/** What a training run writes down to go on from, and the metrics up to that point. */
export interface Checkpoint {
  readonly position: unknown;
  readonly arrays: Arrays;
}

/** A run on disk: run.json, metrics.jsonl, models, a report. Every file is whole at every moment. */
export class RunFolder {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** Creates the folder, or takes over one that is there, and removes what a killed process left half-written. */
  static async open(path: string): Promise<RunFolder> {
    await makeFolder(path);
    await sweepTemporaryFiles(path);
    return new RunFolder(path);
  }

  file(name: string): string {
    return join(this.path, name);
  }

  has(name: string): boolean {
    return existsSync(this.file(name));
  }

  /** Removes a file if it is there. */
  async remove(name: string): Promise<void> {
    await rm(this.file(name), { force: true });
  }

  async write(name: string, content: string | Uint8Array): Promise<void> {
    await writeFileAtomic(this.file(name), content);
  }

  async writeJson(name: string, value: unknown): Promise<void> {
    await this.write(name, `${JSON.stringify(value, null, 2)}\n`);
  }

  async readJson(name: string): Promise<unknown> {
    const bytes = await readFileOrExplain(this.file(name));
    try {
      return JSON.parse(new TextDecoder().decode(bytes));
    } catch {
      throw new StriateError(
        `${this.file(name)} is not valid JSON`,
        "It is damaged: start the run anew in another folder",
      );
    }
  }

  async readLines(name: string): Promise<string[]> {
    const text = new TextDecoder().decode(await readFileOrExplain(this.file(name)));
    return text.split("\n").filter((line) => line !== "");
  }

  async writeModel(name: string, model: Model): Promise<void> {
    await this.write(`${name}.safetensors`, encodeModel(model));
  }

  async readModel(name: string): Promise<Model> {
    const path = this.file(`${name}.safetensors`);
    return decodeModel(await readFileOrExplain(path), path);
  }

  async writeCheckpoint({ position, arrays }: Checkpoint): Promise<void> {
    const tensors = Object.fromEntries(
      Object.entries(arrays).map(([name, data]) => [name, { shape: [data.length], data }]),
    );
    await this.write(
      "checkpoint.safetensors",
      writeSafetensors(tensors, { position: JSON.stringify(position) }),
    );
  }

  async readCheckpoint(): Promise<Checkpoint | undefined> {
    if (!this.has("checkpoint.safetensors")) return undefined;
    const path = this.file("checkpoint.safetensors");
    const { tensors, metadata } = readSafetensors(await readFileOrExplain(path), path);
    const arrays = Object.fromEntries(
      Object.entries(tensors).map(([name, { data }]) => [name, data as Float32Array]),
    );
    return { position: JSON.parse(metadata.position ?? "null"), arrays };
  }
}
