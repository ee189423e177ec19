import { readFileOrExplain, writeFileAtomic } from "./files.node.ts";
import "./hdf5/host.node.ts";
import { type NirFile, readNir, writeNir } from "./nir.ts";
import type { NirGraph } from "./nir-graph.ts";

/** As `readNir`, of a path. */
export async function readNirFile(path: string): Promise<NirFile> {
  return readNir(await readFileOrExplain(path), path);
}

/** As `writeNir`, to a path, where it appears when it is complete. */
export async function writeNirFile(path: string, graph: NirGraph): Promise<void> {
  await writeFileAtomic(path, await writeNir(graph));
}
