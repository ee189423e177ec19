import type { Random } from "../../runtime/random.ts";

/** What an animal does while it looks. */
export interface Behavior {
  /** (trials, 3): pupil size in pixels of the eye camera, its derivative in pixels a second, running speed in cm/s. */
  readonly behavior: Float32Array;
  /** (trials, 2): x and y of the pupil's centre, pixels of the eye camera. */
  readonly pupilCenter: Float32Array;
  /** (trials, 3): the same as `behavior`, in deviations from the mean of the process: what gains depend on. */
  readonly state: Float32Array;
  /** (trials, 2): how far the image is shifted on the retina, in heights of the image; x right, y down. */
  readonly shift: Float32Array;
}

/** Seconds from one trial to the next. */
const period = 2.5;
/** Correlation of neighbouring trials: arousal and gaze drift over a minute. */
const persistence = { pupil: 0.95, running: 0.9, gaze: 0.9 };
/** Pupil size, pixels. */
const pupil = { mean: 32, deviation: 7 };
/** The pupil's centre moves so far, pixels, for a shift of the image by one height. */
const cameraPerHeight = 180;
const cameraCenter = [110, 80] as const;
/** Deviation of the image's shift, in heights: 0.3 pixels in 36. */
const shiftDeviation = 0.3 / 36;

/** Slow, autocorrelated behaviour: an animal that is aroused has a wide pupil and runs more. */
export function drawBehavior(random: Random, trials: number): Behavior {
  const size = autoregression(random.split("pupil"), trials, persistence.pupil);
  const drive = autoregression(random.split("running"), trials, persistence.running);
  const gaze = ["x", "y"].map((axis) =>
    autoregression(random.split(`gaze ${axis}`), trials, persistence.gaze),
  );
  const behavior = new Float32Array(trials * 3);
  const state = new Float32Array(trials * 3);
  const pupilCenter = new Float32Array(trials * 2);
  const shift = new Float32Array(trials * 2);
  const derivativeDeviation = Math.sqrt(2 * (1 - persistence.pupil));
  for (let trial = 0; trial < trials; trial++) {
    const change = trial === 0 ? 0 : size[trial]! - size[trial - 1]!;
    // Mice run for half of the time: rectified arousal, which has mean 0.40 and deviation 0.58.
    const running = Math.max(0, 0.5 * size[trial]! + Math.sqrt(0.75) * drive[trial]!);
    state.set([size[trial]!, change / derivativeDeviation, (running - 0.4) / 0.58], trial * 3);
    behavior.set(
      [pupil.mean + pupil.deviation * size[trial]!, (pupil.deviation * change) / period, 15 * running],
      trial * 3,
    );
    for (const axis of [0, 1]) {
      shift[trial * 2 + axis] = shiftDeviation * gaze[axis]![trial]!;
      pupilCenter[trial * 2 + axis] = cameraCenter[axis]! + cameraPerHeight * shift[trial * 2 + axis]!;
    }
  }
  return { behavior, pupilCenter, state, shift };
}

/** x_t = ρ x_{t−1} + √(1 − ρ²) ε_t, stationary with mean 0 and variance 1. */
function autoregression(random: Random, length: number, correlation: number): Float32Array {
  const values = random.fillNormal(new Float32Array(length));
  const fresh = Math.sqrt(1 - correlation ** 2);
  for (let at = 1; at < length; at++) values[at] = correlation * values[at - 1]! + fresh * values[at]!;
  return values;
}
