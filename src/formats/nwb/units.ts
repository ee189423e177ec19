import { DynamicTable, type Lists } from "./dynamic-table.ts";
import type { NwbFile } from "./file.ts";
import { typeOf } from "./file.ts";
import type { Part } from "./part.ts";
import type { NeuronResponses, Spans } from "./responses.ts";
import { firstAtLeast, targetsOf } from "./values.ts";

const electrodesPath = "/general/extracellular_ephys/electrodes";

/** Paths of tables of units: `/units`, and those that a processing module holds. */
export function findUnits(file: NwbFile): string[] {
  const fits = (path: string) => file.find(`${path}/spike_times`) !== undefined;
  const processed = file
    .groups("/processing", (group) => typeOf(group) === "Units" && fits(group.path))
    .map(({ path }) => path);
  return [...(fits("/units") ? ["/units"] : []), ...processed];
}

/** Spike counts of units. A span that does not lie within one of a unit's `obs_intervals` gives NaN. */
export function unitResponses(outline: NwbFile, path: string): Part<NeuronResponses> {
  const table = new DynamicTable(outline, outline.group(path)!);
  const paths = table.pathsOf(["id", "spike_times", "obs_intervals", "electrodes"]);
  const places = ["x", "y", "z"].flatMap(
    (axis) => outline.dataset(`${electrodesOf(table)}/${axis}`)?.path ?? [],
  );
  return {
    paths: [...paths, ...places],
    read: (file) => readUnits(file, path),
  };
}

function readUnits(file: NwbFile, path: string): NeuronResponses {
  const table = new DynamicTable(file, file.group(path)!);
  if (table.rows === 0) throw file.error(path, "holds no unit", "Give a file with sorted spikes");
  const spikes = ascending(table.lists("spike_times"));
  const observed = table.has("obs_intervals") ? table.lists("obs_intervals", 2) : undefined;
  return {
    what: `spike counts of ${path}`,
    neuronIds: table.ids(),
    coordinates: coordinatesOf(file, table),
    respond: (spans) => countSpikes(spikes, observed, spans),
  };
}

/** (spans, units). */
function countSpikes(spikes: Lists, observed: Lists | undefined, { begins, ends }: Spans): Float32Array {
  const units = spikes.ends.length;
  const counts = new Float32Array(begins.length * units);
  for (let unit = 0; unit < units; unit++) {
    const from = unit === 0 ? 0 : spikes.ends[unit - 1]!;
    const to = spikes.ends[unit]!;
    for (let span = 0; span < begins.length; span++) {
      const first = firstAtLeast(spikes.values, begins[span]!, from, to);
      const count = firstAtLeast(spikes.values, ends[span]!, first, to) - first;
      const isSeen = observed === undefined || isObserved(observed, unit, begins[span]!, ends[span]!);
      counts[span * units + unit] = isSeen ? count : Number.NaN;
    }
  }
  return counts;
}

function isObserved({ values, ends }: Lists, unit: number, begin: number, end: number): boolean {
  for (let row = unit === 0 ? 0 : ends[unit - 1]!; row < ends[unit]!; row++)
    if (values[row * 2]! <= begin && end <= values[row * 2 + 1]!) return true;
  return false;
}

/** Each list sorted; nearly always they are already. */
function ascending({ values, ends }: Lists): Lists {
  const sorted = Float64Array.from(values);
  for (let row = 0; row < ends.length; row++)
    sorted.subarray(row === 0 ? 0 : ends[row - 1]!, ends[row]!).sort();
  return { values: sorted, ends };
}

const electrodesOf = (units: DynamicTable): string =>
  targetsOf(units.dataset("electrodes")?.object.attributes.table)?.[0] ?? electrodesPath;

/** Where each unit's first electrode is; undefined when that is not known of all, or all are in one place. */
function coordinatesOf(file: NwbFile, table: DynamicTable): Float32Array | undefined {
  const group = table.has("electrodes") ? file.group(electrodesOf(table)) : undefined;
  if (group === undefined) return undefined;
  const electrodes = new DynamicTable(file, group);
  if (!["x", "y", "z"].every((axis) => electrodes.has(axis))) return undefined;
  const axes = ["x", "y", "z"].map((axis) => electrodes.numbers(axis));
  const { values, ends } = table.lists("electrodes");
  const coordinates = new Float32Array(table.rows * 3);
  for (let unit = 0; unit < table.rows; unit++) {
    const first = unit === 0 ? 0 : ends[unit - 1]!;
    const electrode = first < ends[unit]! ? values[first]! : -1;
    axes.forEach((axis, dimension) => {
      coordinates[unit * 3 + dimension] = axis[electrode] ?? Number.NaN;
    });
  }
  const differ = coordinates.some((value, index) => value !== coordinates[index % 3]);
  return differ && coordinates.every(Number.isFinite) ? coordinates : undefined;
}
