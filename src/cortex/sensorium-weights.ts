import { StriateError } from "../error.ts";
import { formatShape, type NumericArray } from "../formats/array.ts";
import { ResponseModel } from "./response-model.ts";
import { type ExpectedTensor, expectedTensors, isIgnored, type StackedShape } from "./sensorium-names.ts";

export interface SensoriumOptions {
  /** Of the images that the network takes, in pixels, which its weights do not tell; 36 × 64, Sensorium's, when absent. */
  readonly height?: number;
  readonly width?: number;
  /** Mean and deviation of the pixels that it was trained with; 0 and 1 when absent, for standardised images. */
  readonly image?: { readonly mean: number; readonly deviation: number };
  /** What errors call the state dict. */
  readonly name?: string;
}

const advice =
  "Give the state dict of a Sensorium 2022 baseline: depth-separable, batch-normalised, one last layer read";

/**
 * The response model of a state dict of the Sensorium 2022 baseline (Willeke et al., arXiv 2206.08666) as
 * neuralpredictors names it: Stacked2dCore, one FullGaussian2d a data key under `readout.`, and perhaps an MLPShifter.
 * Widths, layers and kernels follow from the shapes; each data key is a subject.
 *
 * What weights do not tell is taken as in the baseline: no padding at the input, ELU, tanh at the end of the position
 * predictor. The statistics that recordings are standardised by are not in the file either: responses and behaviour are
 * divided by 1 and pixels as `image` says until `standardize` measures them on a recording's training trials.
 *
 * @param tensors by name, as readTorch gives them.
 * @throws StriateError naming the first key that such a network has not, or that is missing or of another shape.
 */
export function responseModelFromSensorium(
  tensors: Readonly<Record<string, NumericArray>>,
  {
    height = 36,
    width = 64,
    image = { mean: 0, deviation: 1 },
    name = "the state dict",
  }: SensoriumOptions = {},
): ResponseModel {
  const shape = stackedShape(tensors, name);
  const expected = expectedTensors(shape);
  const values = checkedValues(tensors, expected, name);
  const { channels, layers, inputs, inputKernel, hiddenKernel, hidden, subjects } = shape;
  const model = new ResponseModel(
    {
      input: { channels: inputs, height, width },
      core: { kind: "convolutional", layers, channels, inputKernel, hiddenKernel, padInput: false },
      readout: { kind: "gaussian", hidden },
      subjects: subjects.map(({ key, neurons, coordinates, shifter }) => ({
        name: key,
        dataset: "sensorium",
        neurons,
        coordinates,
        shifter,
      })),
    },
    0,
  );
  const parameters = new Map(model.parameters.map((parameter) => [parameter.name, parameter]));
  for (const { parameter, key } of expected) parameters.get(parameter)!.take(values.get(key)!);
  for (const { scales } of model.subjects.values()) {
    scales.response.take(new Float32Array(scales.response.shape[0]!).fill(1));
    scales.image.take(Float32Array.of(image.mean, image.deviation));
    scales.behavior.take(Float32Array.of(1, 1, 1));
    scales.pupil.take(Float32Array.of(0, 0, 1, 1));
  }
  return model;
}

/** Sizes, from the tensors that set them; whether the others agree is not looked at yet. */
function stackedShape(tensors: Readonly<Record<string, NumericArray>>, name: string): StackedShape {
  const keys = Object.keys(tensors);
  const sizeOf = (key: string, axes: number): readonly number[] => {
    const { shape } = tensors[key] ?? missing(name, key);
    return shape.length === axes ? shape : mismatched(name, key, shape, `${axes} axes`);
  };
  const [channels, inputs, inputKernel] = sizeOf("core.features.layer0.conv.weight", 4);
  const spatial = keys.filter((key) => /^core\.features\.layer\d+\.ds_conv\.spatial_conv\.weight$/.test(key));
  const predictors = keys.filter((key) => /^readout\.[^.]+\.mu_transform\.0\.weight$/.test(key));
  const subjects = keys.flatMap((key) => {
    const [, subject] = /^readout\.([^.]+)\._features$/.exec(key) ?? [];
    if (subject === undefined) return [];
    return {
      key: subject,
      neurons: sizeOf(key, 4)[3]!,
      coordinates: `readout.${subject}.source_grid` in tensors,
      shifter: `shifter.${subject}.mlp.0.weight` in tensors,
    };
  });
  if (subjects.length === 0) missing(name, "readout.<data key>._features");
  return {
    channels: channels!,
    inputs: inputs!,
    inputKernel: inputKernel!,
    layers: 1 + spatial.length,
    hiddenKernel: spatial.length > 0 ? sizeOf(spatial[0]!, 4)[3]! : 1,
    hidden: predictors.length > 0 ? sizeOf(predictors[0]!, 2)[0]! : 30,
    subjects,
  };
}

/** The values of each expected tensor in our order, after all keys were looked at. */
function checkedValues(
  tensors: Readonly<Record<string, NumericArray>>,
  expected: readonly ExpectedTensor[],
  name: string,
): Map<string, Float32Array> {
  const known = new Set(expected.map(({ key }) => key));
  const unknown = Object.keys(tensors).find((key) => !known.has(key) && !isIgnored(key));
  if (unknown !== undefined)
    throw new StriateError(`${name}: '${unknown}' belongs to no network that can be read here`, advice);
  return new Map(
    expected.map(({ key, shape, transposed }) => {
      const given = tensors[key] ?? missing(name, key);
      if (given.shape.join() !== shape.join() || shape.includes(0))
        mismatched(name, key, given.shape, formatShape(shape));
      const { data, dtype } = given;
      if (!(data instanceof Float32Array || data instanceof Float64Array))
        throw new StriateError(`${name}: '${key}' is ${dtype}, expected floating point`, advice);
      const values = Float32Array.from(data);
      return [key, transposed ? featuresByNeuron(values, shape[1]!) : values];
    }),
  );
}

/** (1, C, 1, N) → (N, C). */
function featuresByNeuron(values: Float32Array, channels: number): Float32Array {
  const neurons = values.length / channels;
  return values.map((_, i) => values[(i % channels) * neurons + Math.floor(i / channels)]!);
}

function missing(name: string, key: string): never {
  throw new StriateError(`${name}: no '${key}'`, advice);
}

function mismatched(name: string, key: string, shape: readonly number[], expected: string): never {
  throw new StriateError(`${name}: '${key}' is ${formatShape(shape)}, expected ${expected}`, advice);
}
