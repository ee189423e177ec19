import { StriateError } from "../error.ts";
import { formatShape } from "./array.ts";
import type { FileTree } from "./file-tree.ts";
import { type Tier, tiers } from "./recording.ts";
import {
  configFile,
  coordinatesFile,
  namesFromPath,
  stimulusClassFile,
  stimulusIdFiles,
  tiersFile,
  unitIdsFile,
} from "./sensorium-layout.ts";
import { readLabels, readNumbers } from "./sensorium-numbers.ts";

/** What `meta/` and config.json say; the parts of `Recording` of the same names. */
export interface SensoriumMetadata {
  readonly subject: string;
  readonly dataset: string;
  readonly trials: number;
  readonly tierOf: Tier[];
  readonly stimulusOf: Int32Array;
  readonly stimulusIds: string[];
  /** Undefined, as `neuronIds`, where no file says. */
  readonly neurons: number | undefined;
  readonly neuronIds: string[] | undefined;
  readonly coordinates: Float32Array | undefined;
}

export async function readMetadata(tree: FileTree, note: (line: string) => void): Promise<SensoriumMetadata> {
  const tierOf = await readTiers(tree);
  const trials = tierOf.length;
  const neuronIds = tree.paths.includes(unitIdsFile) ? await readLabels(tree, unitIdsFile) : undefined;
  const names = await readNames(tree);
  const stimuli = await readStimulusIds(tree, trials, note);
  const coordinates = await readCoordinates(tree, neuronIds?.length);
  return { ...names, ...stimuli, trials, tierOf, neurons: neuronIds?.length, neuronIds, coordinates };
}

async function readTiers(tree: FileTree): Promise<Tier[]> {
  const names = await readLabels(tree, tiersFile);
  if (names.length === 0)
    throw new StriateError(`${tree.locate(tiersFile)}: there are no trials`, "Give a recording with trials");
  const known: readonly string[] = tiers;
  const trial = names.findIndex((name) => !known.includes(name));
  if (trial >= 0)
    throw new StriateError(
      `${tree.locate(tiersFile)}: trial ${trial} has the tier "${names[trial]}"; expected one of ${tiers.join(", ")}`,
      "Rename that tier, or leave its trials out",
    );
  return names as Tier[];
}

async function readStimulusIds(
  tree: FileTree,
  trials: number,
  note: (line: string) => void,
): Promise<{ stimulusOf: Int32Array; stimulusIds: string[] }> {
  const path = stimulusIdFiles.find((file) => tree.paths.includes(file));
  if (path === undefined) {
    note(`${tree.name}: there is no ${stimulusIdFiles[0]}; each trial counts as an image of its own`);
    const stimulusIds = Array.from({ length: trials }, (_, trial) => String(trial));
    return { stimulusOf: Int32Array.from(stimulusIds.keys()), stimulusIds };
  }
  const ids = await readTrialLabels(tree, path, trials);
  const classFile = stimulusClassFile(path);
  const classes = tree.paths.includes(classFile) ? await readTrialLabels(tree, classFile, trials) : [];
  const areMixed = new Set(classes).size > 1;
  const indices = new Map<string, number>();
  const stimulusOf = Int32Array.from(ids, (id, trial) => {
    const key = areMixed ? `${classes[trial]}/${id}` : id;
    if (!indices.has(key)) indices.set(key, indices.size);
    return indices.get(key)!;
  });
  return { stimulusOf, stimulusIds: [...indices.keys()] };
}

async function readTrialLabels(tree: FileTree, path: string, trials: number): Promise<string[]> {
  const labels = await readLabels(tree, path);
  if (labels.length === trials) return labels;
  throw new StriateError(
    `${tree.locate(path)}: holds ${labels.length} entries, but ${tiersFile} names ${trials} trials`,
    "Save one entry for each trial",
  );
}

async function readCoordinates(
  tree: FileTree,
  neurons: number | undefined,
): Promise<Float32Array | undefined> {
  if (!tree.paths.includes(coordinatesFile)) return undefined;
  const { shape, data } = await readNumbers(tree, coordinatesFile);
  if (shape.length === 2 && shape[1] === 3 && shape[0] === (neurons ?? shape[0])) return data;
  throw new StriateError(
    `${tree.locate(coordinatesFile)}: an array of ${formatShape(shape)}, expected ${neurons ?? "neurons"} × 3`,
    "Save x, y and z in micrometres for each neuron, or remove the file",
  );
}

/** From config.json, else from the name of the folder or archive, else that name. */
async function readNames(tree: FileTree): Promise<{ subject: string; dataset: string }> {
  const config = tree.paths.includes(configFile) ? await readConfig(tree) : {};
  const named = namesFromPath(tree.name);
  const text = (value: unknown) => (typeof value === "string" && value !== "" ? value : undefined);
  const last = tree.name
    .replace(/[/\\]+$/, "")
    .split(/[/\\]|: /)
    .at(-1)!;
  return {
    subject: text(config.subject) ?? named?.subject ?? last.replace(/\.zip$/i, ""),
    dataset: text(config.dataset) ?? named?.dataset ?? "unnamed",
  };
}

async function readConfig(tree: FileTree): Promise<Record<string, unknown>> {
  const bytes = await tree.read(configFile);
  try {
    const config: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    return typeof config === "object" && config !== null ? (config as Record<string, unknown>) : {};
  } catch (error) {
    throw new StriateError(
      `${tree.locate(configFile)}: not valid JSON (${(error as Error).message})`,
      "Correct the file or remove it",
    );
  }
}
