import type { NumericArrayLike } from "./array.ts";
import { type TextArray, writeNpy } from "./npy.ts";
import { checkRecording, type Recording } from "./recording.ts";
import { columnStatistics, imageStatistics, type Statistics } from "./recording-statistics.ts";
import {
  configFile,
  coordinatesFile,
  stimulusClassFile,
  stimulusIdFiles,
  type TrialKind,
  tiersFile,
  trialFile,
  unitIdsFile,
} from "./sensorium-layout.ts";

/** What `config.json` says beside Sensorium's layout. */
export const recordingFormat = "striate-recording-1";

type Storable = NumericArrayLike | Omit<TextArray, "dtype">;

/**
 * A recording as the files of Sensorium 2022's layout: for each its path, and a function that makes its bytes.
 *
 * Images are uint8 where all pixels are whole numbers from 0 to 255, else float32. Ids that are all whole numbers are
 * stored as int64, others as text. `config.json` holds subject, dataset and `about`; the noise-free responses of a
 * synthetic recording are in `data/expected`. What the layout asks for and a `Recording` does not know is "unknown" or 0.
 *
 * @throws StriateError as checkRecording.
 */
export function sensoriumFiles(
  recording: Recording,
  about: Readonly<Record<string, unknown>> = {},
): Map<string, () => Uint8Array> {
  checkRecording(recording);
  const { subject, dataset, trials, neurons, stimuli, stimulusOf, stimulusIds } = recording;
  const files = new Map<string, () => Uint8Array>();
  const add = (path: string, array: () => Storable) => files.set(path, () => writeNpy(array()));
  const config = { subject, dataset, striate: { format: recordingFormat, ...about } };
  files.set(configFile, () => new TextEncoder().encode(`${JSON.stringify(config, null, 2)}\n`));

  add(tiersFile, () => ({ shape: [trials], data: [...recording.tierOf] }));
  add(stimulusIdFiles[0]!, () => idArray(Array.from(stimulusOf, (index) => stimulusIds[index]!)));
  add(stimulusClassFile(stimulusIdFiles[0]!), () => textArray(trials, "image"));
  add("meta/trials/trial_idx.npy", () => countArray(trials));

  add(unitIdsFile, () => idArray(recording.neuronIds));
  for (const name of ["area", "layer"]) add(`meta/neurons/${name}.npy`, () => textArray(neurons, "unknown"));
  add("meta/neurons/animal_ids.npy", () => textArray(neurons, subject));
  for (const name of ["sessions", "scan_idx"])
    add(`meta/neurons/${name}.npy`, () => ({ shape: [neurons], data: new BigInt64Array(neurons) }));
  const { coordinates } = recording;
  if (coordinates) add(coordinatesFile, () => ({ shape: [neurons, 3], data: coordinates }));

  addStatistics(add, "images", [], imageStatistics(recording));
  const rows: [TrialKind, Float32Array | undefined, number][] = [
    ["responses", recording.responses, neurons],
    ["behavior", recording.behavior, 3],
    ["pupil_center", recording.pupilCenter, 2],
    ["expected", recording.expected, neurons],
  ];
  for (const [kind, values, width] of rows) {
    if (values === undefined) continue;
    if (kind !== "expected") addStatistics(add, kind, [width], columnStatistics(values, width));
    for (let trial = 0; trial < trials; trial++)
      add(trialFile(kind, trial), () => ({
        shape: [width],
        data: values.subarray(trial * width, (trial + 1) * width),
      }));
  }
  const pixels = stimuli.data.length / stimuli.count;
  const shape = [stimuli.channels, stimuli.height, stimuli.width];
  const areBytes = stimuli.data.every(isByte);
  stimulusOf.forEach((stimulus, trial) => {
    const at = stimulus * pixels;
    add(trialFile("images", trial), () => {
      const image = stimuli.data.subarray(at, at + pixels);
      return { shape, data: areBytes ? Uint8Array.from(image) : image };
    });
  });
  return files;
}

const isByte = (value: number) =>
  Number.isInteger(value) && value >= 0 && value <= 255 && !Object.is(value, -0);

function addStatistics(
  add: (path: string, array: () => Storable) => void,
  kind: TrialKind,
  shape: readonly number[],
  statistics: Statistics,
): void {
  for (const [name, data] of Object.entries(statistics))
    add(`meta/statistics/${kind}/all/${name}.npy`, () => ({ shape, data }));
}

function idArray(ids: readonly string[]): Storable {
  const areNumbers = ids.every((id) => /^(0|-?[1-9]\d{0,17})$/.test(id));
  return areNumbers
    ? { shape: [ids.length], data: BigInt64Array.from(ids, BigInt) }
    : { shape: [ids.length], data: [...ids] };
}

const textArray = (length: number, text: string): Storable => ({
  shape: [length],
  data: new Array<string>(length).fill(text),
});

const countArray = (length: number): Storable => ({
  shape: [length],
  data: BigInt64Array.from({ length }, (_, index) => BigInt(index)),
});
