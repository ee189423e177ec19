import { join } from "node:path";
import { meanCorrelation, splitHalfReliability, tierTrials } from "../cortex/metrics/index.ts";
import { rowsOf } from "../cortex/metrics/trials.ts";
import { drawAnimal } from "../cortex/synthetic/animal.ts";
import { type SyntheticOptions, synthesizeRecording } from "../cortex/synthetic/synthesize.ts";
import type { Recording } from "../formats/recording.ts";
import { writeSensorium } from "../formats/sensorium.node.ts";
import { plural } from "../report/index.ts";
import { type ProgressReporter, silent } from "./progress.ts";

export interface SynthesisOptions extends SyntheticOptions {
  readonly subjects: number;
  readonly seed: number;
  /** Each animal's recording goes into a folder below this one, named after the animal. */
  readonly out: string;
  /** Replace recordings that are there. */
  readonly force?: boolean | undefined;
}

/** A synthetic recording that was written. */
export interface SynthesizedRecording {
  readonly subject: string;
  readonly folder: string;
  readonly neurons: number;
  readonly trials: number;
  /** Distinct images. */
  readonly images: number;
  /** Spikes in a trial, mean over neurons. */
  readonly rate: number;
  /** Single-trial correlation on tests that the noise-free responses reach, mean over neurons. */
  readonly ceiling: number;
  /** Split-half reliability of the test responses averaged over repeats, mean over neurons. */
  readonly reliability: number;
}

/**
 * Makes recordings of synthetic animals and writes them in the layout of Sensorium 2022. config.json holds the options,
 * the animal's traits and the true ceiling; data/expected the noise-free responses.
 */
export async function synthesizeRecordings(
  { subjects, out, force, ...options }: SynthesisOptions,
  progress: ProgressReporter = silent,
  signal?: AbortSignal,
): Promise<SynthesizedRecording[]> {
  const drawn = new Map<string, Float32Array>();
  const written: SynthesizedRecording[] = [];
  progress.begin("synthetic animals", subjects, "animals");
  for (let subject = 0; subject < subjects; subject++) {
    signal?.throwIfAborted();
    const recording = synthesizeRecording({ ...options, subject }, drawn);
    const scores = describe(recording);
    const traits = drawAnimal(options.seed, subject);
    const folder = join(out, recording.subject);
    await writeSensorium(recording, folder, {
      force,
      about: { synthetic: { ...options, subject, traits, ...scores } },
      progress: (done, files) => progress.advance(subject + done / files, `writing ${recording.subject}`),
    });
    const { neurons, trials, stimuli } = recording;
    written.push({ subject: recording.subject, folder, neurons, trials, images: stimuli.count, ...scores });
  }
  progress.end(`${plural(subjects, "recording")} in ${out}`);
  return written;
}

function describe(recording: Recording): { rate: number; ceiling: number; reliability: number } {
  const tests = tierTrials(recording, "test");
  const { neurons, responses } = recording;
  const expected = rowsOf(recording.expected!, tests.places, neurons);
  const mean = (values: Iterable<number>, count: number) => {
    let sum = 0;
    for (const value of values) sum += value;
    return sum / count;
  };
  return {
    rate: mean(responses, responses.length),
    ceiling: meanCorrelation(expected, tests.responses, tests.trials, neurons),
    reliability: mean(splitHalfReliability(tests, { seed: 0 }), neurons),
  };
}
