import { StriateError } from "../../error.ts";
import type { Recording } from "../../formats/recording.ts";
import { Random } from "../../runtime/random.ts";
import { drawAnimal } from "./animal.ts";
import { drawBehavior } from "./behavior.ts";
import { type Cell, drawCell } from "./cells.ts";
import { Population } from "./population.ts";
import { planPresentation } from "./presentation.ts";
import { Retina } from "./retina.ts";
import { drawSpikes } from "./spikes.ts";
import { drawStimulus, type StimulusKind, stimulusKinds } from "./stimuli.ts";

/** What a synthetic animal is shown, and how many cells of it are recorded. */
export interface SyntheticOptions {
  /** Of everything random (default 1). */
  readonly seed?: number;
  /** Cells recorded from each animal (default 300). */
  readonly neurons?: number;
  /** Distinct images that an animal sees (default 2000): 5 % for tests, from 20 to 100; 10 % for validation. */
  readonly images?: number;
  /** Times that a test image is shown (default 10). */
  readonly repeats?: number;
  /** Pixels of an image (default 36 × 64). */
  readonly height?: number;
  readonly width?: number;
  /** Default dead-leaves. An animal's cells do not depend on what it is shown. */
  readonly stimuli?: StimulusKind;
  /**
   * All animals see the same training images. By default each sees its own draw from a pool of twice as many, and only
   * the images for validation and tests are common.
   */
  readonly shareImages?: boolean;
  /** Name of the data set (default synthetic-v1). */
  readonly dataset?: string;
}

type Settings = Required<SyntheticOptions>;

/** Images of dead leaves on which mean rates are set, whatever is shown later. */
const calibrationScenes = 200;
const fewestImages = 30;

/**
 * Recordings of synthetic animals, numbered from 0: `synthesizeSubjects({ subjects: 3, neurons: 300, images: 2000,
 * seed: 1 })`. Animal i is the same whatever the number of subjects; see `synthesizeRecording`.
 */
export function synthesizeSubjects(
  options: SyntheticOptions & { readonly subjects?: number } = {},
): Recording[] {
  const { subjects = 3, ...rest } = options;
  if (!Number.isInteger(subjects) || subjects < 1)
    throw new StriateError(`${subjects} subjects were asked for`, "Give a whole number from 1");
  const drawn = new Map<string, Float32Array>();
  return Array.from({ length: subjects }, (_, subject) => synthesizeRecording({ ...rest, subject }, drawn));
}

/**
 * A recording of one synthetic animal: simple and complex Gabor cells on a retinotopic map, divisive normalisation,
 * gain by behaviour, Poisson spikes; `expected` holds the means that the spikes were drawn with. The same options give
 * the same bits.
 *
 * @param options.subject number of the animal, from 0 (the default); each has other traits (`drawAnimal`)
 * @param drawn images that other animals have been shown under the same seed and size, which grows
 * @throws StriateError for numbers that make no recording
 */
export function synthesizeRecording(
  options: SyntheticOptions & { readonly subject?: number } = {},
  drawn: Map<string, Float32Array> = new Map(),
): Recording {
  const { subject = 0, ...rest } = options;
  const settings = checkSettings(rest, subject);
  const { seed, neurons, height, width, stimuli: kind, dataset } = settings;
  const random = new Random(seed).split(`animal ${subject}`);
  const { population, retina } = syntheticPopulation(options, drawn);
  const { shown, stimulusOf, tierOf } = planPresentation(random.split("trials"), settings);
  const stack = new Float32Array(shown.length * height * width);
  const seen = shown.map((number, index) => {
    const image = stimulus(`${number}`, kind, settings, drawn);
    stack.set(image, index * height * width);
    return retina.luminance(image);
  });
  const trials = stimulusOf.length;
  const { behavior, pupilCenter, state, shift } = drawBehavior(random.split("behavior"), trials);
  const expected = new Float32Array(trials * neurons);
  const shifted = new Float32Array(retina.height * retina.width);
  for (let trial = 0; trial < trials; trial++) {
    const [x, y] = shift.subarray(trial * 2, trial * 2 + 2);
    retina.shift(seen[stimulusOf[trial]!]!, x! * retina.height, y! * retina.height, shifted);
    const rates = expected.subarray(trial * neurons, (trial + 1) * neurons);
    population.rates(shifted, rates);
    applyGain(rates, population.cells, state.subarray(trial * 3, trial * 3 + 3));
  }
  const name = `synthetic-${subject}`;
  return {
    name: `${dataset}/${name}`,
    subject: name,
    dataset,
    stimuli: { data: stack, count: shown.length, channels: 1, height, width },
    stimulusIds: shown.map(String),
    trials,
    neurons,
    stimulusOf,
    tierOf,
    responses: drawSpikes(random.split("spikes"), expected),
    neuronIds: Array.from({ length: neurons }, (_, neuron) => `${neuron}`),
    coordinates: Float32Array.from(population.cells.flatMap(({ coordinates }) => coordinates)),
    behavior,
    pupilCenter,
    expected,
  };
}

/** The cells of one synthetic animal, and its retina, in whose pixels their receptive fields are given. */
export function syntheticPopulation(
  options: SyntheticOptions & { readonly subject?: number } = {},
  drawn: Map<string, Float32Array> = new Map(),
): { population: Population; retina: Retina } {
  const { subject = 0, ...rest } = options;
  const settings = checkSettings(rest, subject);
  const { seed, neurons, height, width } = settings;
  const animal = drawAnimal(seed, subject);
  const retina = new Retina(height, width, animal.luminanceExponent);
  const random = new Random(seed).split(`animal ${subject}`).split("cells");
  const cells = Array.from({ length: neurons }, () => drawCell(random, animal, retina.height, retina.width));
  const scenes = Array.from({ length: calibrationScenes }, (_, index) =>
    retina.luminance(stimulus(`calibration ${index}`, "dead-leaves", settings, drawn)),
  );
  const population = new Population(animal, cells, retina.height, retina.width, scenes);
  return { population, retina };
}

/** An image by its name, which is drawn once. */
function stimulus(
  name: string,
  kind: StimulusKind,
  { seed, height, width }: Settings,
  drawn: Map<string, Float32Array>,
): Float32Array {
  const label = `${kind} ${name}`;
  const image = drawn.get(label) ?? drawStimulus(new Random(seed).split(label), kind, height, width);
  drawn.set(label, image);
  return image;
}

/** Multiplies rates by exp(weights · state): arousal scales responses (Niell & Stryker 2010). */
function applyGain(rates: Float32Array, cells: readonly Cell[], state: Float32Array): void {
  for (let index = 0; index < rates.length; index++) {
    const [size, change, running] = cells[index]!.behaviorWeights;
    rates[index]! *= Math.exp(size * state[0]! + change * state[1]! + running * state[2]!);
  }
}

function checkSettings(options: SyntheticOptions, subject: number): Settings {
  const settings: Settings = {
    seed: 1,
    neurons: 300,
    images: 2000,
    repeats: 10,
    height: 36,
    width: 64,
    stimuli: "dead-leaves",
    shareImages: false,
    dataset: "synthetic-v1",
    ...options,
  };
  const least = { neurons: 1, images: fewestImages, repeats: 2, height: 16, width: 16 };
  for (const [name, bound] of Object.entries(least)) {
    const given = settings[name as keyof typeof least];
    if (!Number.isInteger(given) || given < bound)
      throw new StriateError(
        `synthetic recordings with ${name}: ${given} were asked for`,
        `Give a whole number from ${bound}`,
      );
  }
  if (!Number.isInteger(subject) || subject < 0)
    throw new StriateError(
      `the synthetic subject ${subject} was asked for`,
      "Give its number, a whole one from 0",
    );
  if (!stimulusKinds.includes(settings.stimuli))
    throw new StriateError(
      `synthetic stimuli "${settings.stimuli}" were asked for`,
      `Choose ${stimulusKinds.join(" or ")}`,
    );
  return settings;
}
