import { StriateError } from "../error.ts";
import type { RunFolder } from "../recipes/run-folder.node.ts";
import { requireSameRun } from "./same-run.ts";

/** What run.json holds of a run of a response model; resuming needs the same configuration and data. */
export interface RunDescription {
  readonly command: string;
  readonly configuration: unknown;
  readonly dataHash: string;
  readonly [field: string]: unknown;
}

/** What an earlier run in the folder may have left. */
const leftovers = [
  "checkpoint.safetensors",
  "metrics.jsonl",
  "model.safetensors",
  "adaptation.safetensors",
  "arms.json",
  "result.json",
  "report.html",
];

/** Writes run.json into a new folder, or checks that the folder's run is the one to go on with. */
export async function claimRun(
  folder: RunFolder,
  run: RunDescription,
  { resume, force }: { readonly resume?: boolean; readonly force?: boolean },
): Promise<void> {
  if (resume) return requireSameRun(folder, run.configuration, run.dataHash);
  if (folder.has("run.json") && !force)
    throw new StriateError(
      `${folder.path} already holds a run`,
      "Go on with it with --resume, replace it with --force, or use another --out",
    );
  for (const name of leftovers) await folder.remove(name);
  await folder.writeJson("run.json", run);
}
