import { StriateError } from "../../error.ts";
import type { SensorSize } from "../../formats/events/packet.ts";

/** How the pixels of a sensor become those of a network: column ⌊x / scale⌋ − left, row ⌊y / scale⌋ − top. */
export interface Placement {
  readonly scale: number;
  readonly left: number;
  readonly top: number;
}

export interface PlacementOptions {
  /** Where the part that the network sees begins; "middle" to centre it. What lies outside is left out. */
  readonly crop?: { readonly x: number; readonly y: number } | "middle" | undefined;
  /** So many columns and rows fall into one; "fit" for the fewest with which all of the sensor is seen, centred. */
  readonly downscale?: number | "fit" | undefined;
}

/**
 * Fits a sensor to a network's input.
 *
 * @param sensor undefined where nobody knows it: then events must lie in the network's input as they are.
 * @throws StriateError where the sizes differ and nothing is said about it.
 */
export function placeSensor(
  sensor: SensorSize | undefined,
  input: SensorSize,
  { crop, downscale }: PlacementOptions = {},
): Placement {
  if (sensor === undefined) {
    if (crop === undefined && downscale === undefined) return { scale: 1, left: 0, top: 0 };
    if (crop === "middle" || downscale === "fit" || crop === undefined)
      throw new StriateError(
        "the recording does not say how large its sensor is",
        "Give --sensor, such as 34x34",
      );
  }
  const fit = Math.max(
    1,
    Math.ceil((sensor?.width ?? 0) / input.width),
    Math.ceil((sensor?.height ?? 0) / input.height),
  );
  const scale = downscale === "fit" ? fit : (downscale ?? 1);
  const width = Math.ceil((sensor?.width ?? 0) / scale);
  const height = Math.ceil((sensor?.height ?? 0) / scale);
  if (crop !== undefined && crop !== "middle") return { scale, left: crop.x, top: crop.y };
  const fits = downscale !== undefined && width <= input.width && height <= input.height;
  if (crop === undefined && !fits && (width !== input.width || height !== input.height)) {
    throw new StriateError(
      `the recording is ${width} × ${height}${scale > 1 ? ` after --downscale ${scale}` : ""}, the network takes ${input.width} × ${input.height}`,
      fit > 1
        ? `Give --downscale ${fit}, which makes it ${Math.ceil(sensor!.width / fit)} × ${Math.ceil(sensor!.height / fit)}, or --crop for the part in the middle`
        : "Give --crop, which puts it in the middle",
    );
  }
  return {
    scale,
    left: Math.floor((width - input.width) / 2),
    top: Math.floor((height - input.height) / 2),
  };
}
