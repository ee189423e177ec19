import { StriateError } from "../error.ts";
import type { PixelScale } from "../nn/batches.ts";

/** How pixels become the input of an ONNX network, from --mean and --std; undefined where neither is given. */
export function pixelScale({
  mean,
  std,
}: {
  readonly mean?: readonly number[];
  readonly std?: readonly number[];
}): PixelScale | undefined {
  if (mean === undefined && std === undefined) return undefined;
  if (mean === undefined || std === undefined || mean.length !== std.length)
    throw new StriateError(
      `--mean has ${mean?.length ?? 0} numbers and --std ${std?.length ?? 0}`,
      "Give both, with one number for each channel",
    );
  if (std.some((value) => value <= 0)) throw new StriateError("--std must be above 0");
  return { mean, deviation: std };
}
