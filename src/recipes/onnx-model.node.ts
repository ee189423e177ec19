import { basename } from "node:path";
import { readOnnxFile } from "../formats/index.node.ts";
import type { PixelScale } from "../nn/batches.ts";
import type { Model } from "../nn/model-file.ts";
import { networkFromOnnx } from "../nn/onnx/network-from-onnx.ts";
import { sizeOf } from "../tensor/index.ts";

/**
 * A float network from an ONNX file, with what the file does not say: how pixels become its input. Without `scale`,
 * pixels from 0 to 1 as they are.
 */
export async function modelFromOnnx(path: string, scale: PixelScale | undefined): Promise<Model> {
  const network = networkFromOnnx(await readOnnxFile(path), path);
  const { channels } = network.architecture.input;
  return {
    network,
    description: {
      format: "striate-model-1",
      architecture: network.architecture,
      kind: { type: "float" },
      scale: {
        mean: [...(scale?.mean ?? new Array<number>(channels).fill(0))],
        deviation: [...(scale?.deviation ?? new Array<number>(channels).fill(1))],
      },
      classes: sizeOf(network.outputShape),
      data: { name: basename(path), hash: "" },
    },
  };
}
