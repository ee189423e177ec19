import { StriateError } from "../error.ts";
import { formatShape, type NumericArray } from "./array.ts";
import type { TextArray } from "./npy.ts";

/** Which axis of an array of responses comes first; undefined where the number of images is to tell. */
export type Orientation = "neurons-first" | "images-first";

/** Trials in the order of their images, repeats of an image one after the other. */
export interface Trials {
  readonly neurons: number;
  /** (trials, neurons), NaN where not recorded. */
  readonly responses: Float32Array;
  /** The image of each trial, and which of its repeats the trial is. */
  readonly imageOf: Int32Array;
  readonly repeatOf: Int32Array;
}

interface Given {
  readonly array: NumericArray | TextArray;
  readonly file: string;
}

/**
 * Trials from one response for each image: (neurons, images) or (images, neurons). An image to which no neuron has a
 * response (all NaN) has no trial.
 *
 * @param images how many images there are.
 * @throws StriateError when no axis has that length, or both have and no orientation is given.
 */
export function trialsFromResponses(given: Given, images: number, orientation?: Orientation): Trials {
  const { shape } = numbersOf(given, 2, images);
  const isNeuronsFirst = orient(given, images, shape[1]!, shape[0]!, orientation) === "neurons-first";
  const neurons = shape[isNeuronsFirst ? 0 : 1]!;
  const at = isNeuronsFirst
    ? (neuron: number, image: number) => neuron * images + image
    : (neuron: number, image: number) => image * neurons + neuron;
  return collect(given, { neurons, images, repeats: 1 }, at);
}

/**
 * Trials from every repeat: (neurons, images, repeats) or (images, repeats, neurons), NaN where a repeat was not shown.
 * A repeat for which all neurons have NaN is no trial; a single NaN stays.
 *
 * @throws StriateError as trialsFromResponses.
 */
export function trialsFromRepeats(given: Given, images: number, orientation?: Orientation): Trials {
  const { shape } = numbersOf(given, 3, images);
  if (orient(given, images, shape[1]!, shape[0]!, orientation) === "neurons-first") {
    const [neurons, , repeats] = shape as [number, number, number];
    return collect(
      given,
      { neurons, images, repeats },
      (n, image, repeat) => (n * images + image) * repeats + repeat,
    );
  }
  const [, repeats, neurons] = shape as [number, number, number];
  return collect(
    given,
    { neurons, images, repeats },
    (n, image, repeat) => (image * repeats + repeat) * neurons + n,
  );
}

/**
 * One row of `width` values for each trial, from (images, width) or, where the trials are repeats, (images, repeats,
 * width).
 *
 * @throws StriateError for another shape.
 */
export function rowsOfTrials(
  given: Given,
  width: number,
  images: number,
  trials: Trials,
  repeats: number | undefined,
) {
  const expected = repeats === undefined ? [images, width] : [images, repeats, width];
  const { shape, data } = given.array;
  if (Array.isArray(data) || formatShape(shape) !== formatShape(expected))
    throw new StriateError(
      `${given.file}: holds ${formatShape(shape)} ${given.array.dtype}, expected ${formatShape(expected)} numbers`,
      repeats === undefined ? "Give one row for each image" : "Give one row for each repeat of each image",
    );
  const rows = new Float32Array(trials.imageOf.length * width);
  trials.imageOf.forEach((image, trial) => {
    const from = (repeats === undefined ? image : image * repeats + trials.repeatOf[trial]!) * width;
    for (let column = 0; column < width; column++) rows[trial * width + column] = Number(data[from + column]);
  });
  return rows;
}

function numbersOf({ array, file }: Given, dimensions: number, images: number): NumericArray {
  if (array.dtype !== "text" && array.shape.length === dimensions && array.data.length > 0)
    return array as NumericArray;
  const forms =
    dimensions === 2
      ? `(neurons, ${images} images) or (${images} images, neurons)`
      : `(neurons, ${images} images, repeats) or (${images} images, repeats, neurons)`;
  throw new StriateError(
    `${file}: holds ${formatShape(array.shape)} ${array.dtype}, expected numbers ${forms}`,
    dimensions === 2 && array.shape.length === 3
      ? "Give an array with repeats as --repeats"
      : "Save it in that shape",
  );
}

function orient(
  { array, file }: Given,
  images: number,
  ifNeuronsFirst: number,
  ifImagesFirst: number,
  orientation: Orientation | undefined,
): Orientation {
  const fits = { "neurons-first": ifNeuronsFirst === images, "images-first": ifImagesFirst === images };
  if (orientation === undefined && fits["neurons-first"] && fits["images-first"])
    throw new StriateError(
      `${file}: holds ${formatShape(array.shape)}, and there are ${images} images: neurons or images may come first`,
      "Say which with --orientation neurons-first or --orientation images-first",
    );
  const found = orientation ?? (fits["neurons-first"] ? "neurons-first" : "images-first");
  if (fits[found]) return found;
  throw new StriateError(
    `${file}: holds ${formatShape(array.shape)}, but there are ${images} images${orientation === undefined ? "" : ` and ${orientation} was given`}`,
    "Give images and responses that belong together",
  );
}

function collect(
  { array }: Given,
  { neurons, images, repeats }: { neurons: number; images: number; repeats: number },
  at: (neuron: number, image: number, repeat: number) => number,
): Trials {
  const data = array.data as ArrayLike<number | bigint>;
  const all = new Float32Array(images * repeats * neurons);
  const imageOf: number[] = [];
  const repeatOf: number[] = [];
  for (let image = 0; image < images; image++) {
    for (let repeat = 0; repeat < repeats; repeat++) {
      const row = all.subarray(imageOf.length * neurons, (imageOf.length + 1) * neurons);
      for (let neuron = 0; neuron < neurons; neuron++) row[neuron] = Number(data[at(neuron, image, repeat)]);
      if (row.every(Number.isNaN)) continue;
      imageOf.push(image);
      repeatOf.push(repeat);
    }
  }
  return {
    neurons,
    responses: all.slice(0, imageOf.length * neurons),
    imageOf: Int32Array.from(imageOf),
    repeatOf: Int32Array.from(repeatOf),
  };
}
