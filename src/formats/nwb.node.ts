import { readFileOrExplain } from "./files.node.ts";
import "./hdf5/host.node.ts";
import { type NwbOptions, readNwb } from "./nwb.ts";
import type { Recording } from "./recording.ts";

export interface NwbFileOptions extends Omit<NwbOptions, "images"> {
  /** A folder or zip archive of images, or a .npy array: `readImages`. For stimuli that are not in the file. */
  readonly images?: string | undefined;
}

/** Reads a file of Neurodata Without Borders as `readNwb` does. */
export async function readNwbRecording(path: string, options: NwbFileOptions = {}): Promise<Recording> {
  const { images, ...others } = options;
  const bytes = await readFileOrExplain(path);
  if (images === undefined) return readNwb(bytes, path, others);
  // the image library takes a quarter of a second to load
  const { readImages } = await import("./image-files.node.ts");
  const { grey, size } = options;
  return readNwb(bytes, path, { ...others, images: await readImages(images, { grey, size }) });
}
