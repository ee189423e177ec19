import { StriateError } from "../error.ts";
import { type FileTree, subtree } from "./file-tree.ts";

/** Paths in a recording in the layout of Sensorium 2022. */
export const tiersFile = "meta/trials/tiers.npy";
export const configFile = "config.json";
export const unitIdsFile = "meta/neurons/unit_ids.npy";
export const coordinatesFile = "meta/neurons/cell_motor_coordinates.npy";

/** Where the stimulus of each trial stands, by the way in which it was shown; the first that is there counts. */
export const stimulusIdFiles = [
  "meta/trials/frame_image_id.npy",
  "meta/trials/colorframeprojector_image_id.npy",
  "meta/trials/image_id.npy",
];

/** The class of each trial's stimulus: ids differ only within a class. */
export const stimulusClassFile = (idFile: string): string => idFile.replace(/_id\.npy$/, "_class.npy");

/** What is recorded in each trial; `expected` is an addition of ours, for synthetic recordings. */
export type TrialKind = "images" | "responses" | "behavior" | "pupil_center" | "expected";

export const trialFile = (kind: TrialKind, trial: number): string => `data/${kind}/${trial}.npy`;

/** The folders in which a tree holds recordings, each "" or ending in `/`. */
export function recordingFolders({ paths }: Pick<FileTree, "paths">): string[] {
  return paths
    .filter((path) => path === tiersFile || path.endsWith(`/${tiersFile}`))
    .map((path) => path.slice(0, path.length - tiersFile.length));
}

/**
 * The part of a tree that is a recording: the tree itself or a folder in it.
 *
 * @throws StriateError where there is none, or more than one.
 */
export function recordingTree(tree: FileTree): FileTree {
  const folders = recordingFolders(tree);
  if (folders.length === 1) return subtree(tree, folders[0]!);
  if (folders.length === 0)
    throw new StriateError(
      `${tree.name} is no recording: there is no ${tiersFile} in it`,
      "Give a folder or a zip archive in the layout of Sensorium 2022, or make one with striate recording import",
    );
  throw new StriateError(
    `${tree.name} holds ${folders.length} recordings: ${folders.slice(0, 4).join(", ")}`,
    "Give one of them",
  );
}

/** What the name of a folder or archive of Sensorium 2022 or Franke et al. 2022 says; undefined for another name. */
export function namesFromPath(path: string): { subject: string; dataset: string } | undefined {
  const match = /.*(?:^|[/\\ ])static(\d+-\d+-\d+)-(Color)?/s.exec(path);
  if (match === null) return undefined;
  return { subject: match[1]!, dataset: match[2] === "Color" ? "franke-2022" : "sensorium-2022" };
}
