import { StriateError } from "../error.ts";
import type { RunFolder } from "../recipes/run-folder.node.ts";

/** Throws unless the folder holds a run of this configuration on this data, to go on with. */
export async function requireSameRun(
  folder: RunFolder,
  configuration: unknown,
  dataHash: string,
): Promise<void> {
  if (!folder.has("run.json"))
    throw new StriateError(`${folder.path} holds no run to resume`, "Leave --resume out to start one");
  const earlier = (await folder.readJson("run.json")) as { configuration?: unknown; dataHash?: string };
  const isSame =
    JSON.stringify(earlier.configuration) === JSON.stringify(configuration) && earlier.dataHash === dataHash;
  if (isSame) return;
  throw new StriateError(
    `${folder.path} holds a run with another configuration or other data`,
    "Resume it with the options that it was started with, or use another --out",
  );
}
