import type { NwbFile } from "./file.ts";
import { lastName } from "./file.ts";
import type { Part } from "./part.ts";
import { findRoiSeries, roiResponses } from "./roi-responses.ts";
import { findUnits, unitResponses } from "./units.ts";

/** Spans of time, seconds: span i begins at `begins[i]` and lasts until just before `ends[i]`. */
export interface Spans {
  readonly begins: Float64Array;
  readonly ends: Float64Array;
}

/** Neurons, and what they do in any span of time. */
export interface NeuronResponses {
  /** Such as "spike counts of /units". */
  readonly what: string;
  readonly neuronIds: readonly string[];
  /** (neurons, 3), micrometres. */
  readonly coordinates?: Float32Array | undefined;
  /** (spans, neurons); NaN where not recorded. */
  respond(spans: Spans): Float32Array;
}

/**
 * Chooses units or a series of fluorescence.
 *
 * @param wanted "units", the name or path of a series, or undefined for the only one there is.
 * @throws StriateError when there is none of that name, none at all, or several to choose from.
 */
export function chooseResponses(file: NwbFile, wanted: string | undefined): Part<NeuronResponses> {
  const units = findUnits(file);
  const series = findRoiSeries(file);
  const choices = [
    ...units.map((path) => ({ path, isUnits: true })),
    ...series.map((path) => ({ path, isUnits: false })),
  ];
  const fits = ({ path, isUnits }: (typeof choices)[number]) =>
    wanted === undefined || path === wanted || path.endsWith(`/${wanted}`) || (isUnits && wanted === "units");
  const chosen = choices.filter(fits);
  if (chosen.length === 1) {
    const { path, isUnits } = chosen[0]!;
    return isUnits ? unitResponses(file, path) : roiResponses(file, path);
  }
  const names = choices.map(({ path }) => (path === "/units" ? "units" : path)).join(", ");
  if (choices.length === 0)
    throw file.error(
      "/units",
      "the file has neither a table of units nor a RoiResponseSeries below /processing",
      "Give a file with sorted spikes or with fluorescence of regions of interest",
    );
  if (chosen.length === 0) throw file.error("/", `has no responses '${wanted}'`, `Choose one of: ${names}`);
  const several = chosen.map(({ path }) => (path === "/units" ? "units" : path));
  const short = several.map((path) =>
    several.filter((one) => lastName(one) === lastName(path)).length > 1 ? path : lastName(path),
  );
  throw file.error(
    "/",
    `has several kinds of responses: ${several.join(", ")}`,
    `Choose one with --responses: ${short.join(" or ")}`,
  );
}
