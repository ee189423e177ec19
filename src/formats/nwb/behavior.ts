import type { Hdf5Group } from "../hdf5/tree.ts";
import { lastName, type NwbFile, type Placed, typeOf } from "./file.ts";
import type { Part } from "./part.ts";
import type { Spans } from "./responses.ts";
import { meanSamples } from "./roi-responses.ts";
import { isTimeSeries, readTimeSeries, type TimeSeries, timeSeriesPaths } from "./time-series.ts";
import { firstAtLeast } from "./values.ts";

/** What an animal does in spans of time, as recordings hold it. */
export interface Behavior {
  /** (spans, 3): pupil size, its temporal derivative per second, running speed. */
  readonly behavior?: Float32Array | undefined;
  /** (spans, 2): x and y of the pupil's centre. */
  readonly pupilCenter?: Float32Array | undefined;
}

/** The series of behaviour in a file: their paths, where there is one. */
export interface BehaviorSeries {
  readonly running?: string | undefined;
  readonly pupilSize?: string | undefined;
  readonly pupilCenter?: string | undefined;
}

/**
 * Finds running speed, pupil size and the pupil's centre below `/processing` and `/acquisition`, by what series and the
 * groups around them are called: `running_speed`, `PupilTracking/pupil_diameter`, `EyeTracking/…` and the like.
 */
export function findBehavior(file: NwbFile): BehaviorSeries {
  const series = ["/processing", "/acquisition"].flatMap((folder) => file.groups(folder, isTimeSeries));
  const first = (fits: (group: Placed<Hdf5Group>) => boolean) => series.find(fits)?.path;
  return {
    running: first(
      (group) =>
        width(file, group) === 1 &&
        /(running|locomotion|wheel|treadmill)/i.test(group.path) &&
        /(speed|velocity|running)$/i.test(lastName(group.path)),
    ),
    pupilSize: first(
      (group) =>
        width(file, group) === 1 &&
        /pupil/i.test(group.path) &&
        /(size|area|diameter|radius|width|pupil)/i.test(lastName(group.path)),
    ),
    pupilCenter: first(
      (group) =>
        width(file, group) === 2 &&
        (/pupil.*(cent|position|location|tracking)/i.test(group.path) ||
          (typeOf(group) === "SpatialSeries" && /EyeTracking/.test(group.path))),
    ),
  };
}

/** How many numbers a sample has. */
function width(file: NwbFile, { path }: Placed<Hdf5Group>): number {
  const shape = file.dataset(`${path}/data`)?.object.value.shape ?? [];
  return shape.length === 1 ? 1 : shape.length === 2 ? shape[1]! : 0;
}

/**
 * The means in spans. Samples that are not finite, such as blinks, are interpolated first. `behavior` needs both the
 * pupil's size and the running speed; it and the centre are left out where they do not reach every span.
 */
export function behaviorOf(outline: NwbFile): Part<(spans: Spans) => Behavior> {
  const { running, pupilSize, pupilCenter } = findBehavior(outline);
  const paths = pupilSize !== undefined && running !== undefined ? [pupilSize, running] : [];
  return {
    paths: [...paths, ...(pupilCenter === undefined ? [] : [pupilCenter])].flatMap((path) =>
      timeSeriesPaths(outline, path),
    ),
    read: (file) => {
      const [size, speed] = paths.map((path) => interpolated(readTimeSeries(file, path), 1));
      const center =
        pupilCenter === undefined ? undefined : interpolated(readTimeSeries(file, pupilCenter), 2);
      return (spans) => ({
        behavior:
          size &&
          speed &&
          complete(columns([meanSamples(size, 1, spans), slopes(size, spans), meanSamples(speed, 1, spans)])),
        pupilCenter: center && complete(meanSamples(center, 2, spans)),
      });
    },
  };
}

const complete = (values: Float32Array): Float32Array | undefined =>
  values.every(Number.isFinite) ? values : undefined;

function columns(parts: readonly Float32Array[]): Float32Array {
  const [{ length } = new Float32Array()] = parts;
  return Float32Array.from(
    { length: length * parts.length },
    (_, at) => parts[at % parts.length]![Math.floor(at / parts.length)]!,
  );
}

/** The change from the first to the last sample of each span, per second; NaN where there are fewer than two. */
function slopes({ times, data }: TimeSeries, { begins, ends }: Spans): Float32Array {
  return Float32Array.from(begins, (begin, span) => {
    const first = firstAtLeast(times, begin);
    const last = firstAtLeast(times, ends[span]!, first) - 1;
    return last > first ? (data[last]! - data[first]!) / (times[last]! - times[first]!) : Number.NaN;
  });
}

/** Each channel with what is not finite drawn as a line between its neighbours; at the ends the nearest value. */
function interpolated(series: TimeSeries, channels: number): TimeSeries {
  const { times } = series;
  const data = Float64Array.from(series.data);
  for (let channel = 0; channel < channels; channel++) {
    const known = Array.from(times.keys()).filter((sample) =>
      Number.isFinite(data[sample * channels + channel]),
    );
    let next = 0;
    for (let sample = 0; sample < times.length && known.length > 0; sample++) {
      while (next < known.length && known[next]! < sample) next++;
      const after = known[Math.min(next, known.length - 1)]!;
      const before = known[Math.max(0, after === sample ? next : Math.min(next, known.length) - 1)]!;
      const [low, high] = [data[before * channels + channel]!, data[after * channels + channel]!];
      const part =
        after === before ? 0 : (times[sample]! - times[before]!) / (times[after]! - times[before]!);
      data[sample * channels + channel] = after === before ? low : low + (high - low) * part;
    }
  }
  return { ...series, data };
}
