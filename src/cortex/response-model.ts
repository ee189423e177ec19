import { StriateError } from "../error.ts";
import { zeros } from "../nn/initializers.ts";
import type { Context } from "../nn/layer.ts";
import { Parameter } from "../nn/parameter.ts";
import { Random } from "../runtime/random.ts";
import { add, concat, constant, elu, slice, type Tensor, withScope } from "../tensor/index.ts";
import type { Core, CoreConditions } from "./core.ts";
import { ConvolutionalCore } from "./cores/convolutional.ts";
import { PixelCore } from "./cores/pixels.ts";
import { TransformerCore } from "./cores/transformer.ts";
import { afterStageOf, contextWith } from "./paths/apply.ts";
import { buildPath } from "./paths/index.ts";
import type { AdaptationPath, PathSpecification } from "./paths/path.ts";
import type { Readout, ReadoutConditions } from "./readout.ts";
import { GaussianReadout } from "./readouts/gaussian.ts";
import { LinearReadout } from "./readouts/linear.ts";
import { Shifter } from "./shifter.ts";
import {
  type ResponseModelInput,
  type ResponseModelSpecification,
  responseModelSpecification,
  type SubjectSpecification,
} from "./specification.ts";

/** What a model is given of one subject's trials. */
export interface SubjectInputs {
  /** (N, C, H, W), standardised. */
  readonly images: Tensor;
  /** (N, 5). */
  readonly behavior?: Tensor | undefined;
  /** (N, 2). */
  readonly pupil?: Tensor | undefined;
}

/** How one subject's recording was standardised: kept with the model, so that new trials are treated the same. */
export interface SubjectScales {
  /** (neurons): responses are divided by it, and predictions are in units of it. */
  readonly response: Parameter;
  /** (2): mean and deviation of pixels. */
  readonly image: Parameter;
  /** (3): behaviour is divided by it. */
  readonly behavior: Parameter;
  /** (2, 2): mean, then deviation, of the pupil's centre. */
  readonly pupil: Parameter;
}

/** What of a model belongs to one subject. */
export interface SubjectParts {
  readonly specification: SubjectSpecification;
  readonly readout: Readout;
  readonly shifter: Shifter | undefined;
  readonly scales: SubjectScales;
  /** (neurons, 2), standardised, where positions follow from coordinates. */
  readonly coordinates: Parameter | undefined;
  readonly parameters: readonly Parameter[];
}

/**
 * A model of the responses of several subjects: one core, one readout for each, and perhaps paths that adapt the core.
 * Predictions are ELU(readout) + 1, in units of each neuron's response deviation.
 */
export class ResponseModel {
  readonly specification: ResponseModelSpecification;
  readonly core: Core;
  readonly subjects: ReadonlyMap<string, SubjectParts>;
  readonly paths: readonly AdaptationPath[];

  constructor(
    description: ResponseModelInput,
    seed: number,
    pathSpecifications: readonly PathSpecification[] = [],
  ) {
    this.specification = checked(description);
    const random = new Random(seed).split("parameters");
    this.core = buildCore(this.specification, random);
    this.subjects = new Map(
      this.specification.subjects.map((subject) => [
        subject.name,
        subjectParts(subject, this.specification, this.core, random),
      ]),
    );
    this.paths = pathSpecifications.map((path) => buildPath(path, this.core, random));
  }

  get parameters(): readonly Parameter[] {
    return [
      ...this.core.parameters,
      ...[...this.subjects.values()].flatMap(({ parameters }) => parameters),
      ...this.paths.flatMap(({ parameters }) => parameters),
    ];
  }

  subject(name: string): SubjectParts {
    const parts = this.subjects.get(name);
    if (parts !== undefined) return parts;
    throw new StriateError(
      `the model has no readout for subject "${name}", only for ${[...this.subjects.keys()].join(", ")}`,
      "Fit or adapt it to that subject first",
    );
  }

  /**
   * Predicted responses (N, neurons) of each subject in `inputs`, whose images pass the core as one batch. `paths` are
   * those that are switched on: all, unless given.
   */
  predict(
    inputs: ReadonlyMap<string, SubjectInputs>,
    context: Context,
    {
      paths = this.paths,
      noise = false,
      attention,
    }: {
      readonly paths?: readonly AdaptationPath[];
      /** Draw readout positions at random, as training does; a function gives the random numbers. */
      readonly noise?: boolean | ReadoutConditions["noise"];
      readonly attention?: CoreConditions["attention"];
    } = {},
  ): Map<string, Tensor> {
    const entries = [...inputs].map(([name, given]) => ({ given, parts: this.subject(name) }));
    const owners = entries.flatMap(({ given, parts }) =>
      new Array<SubjectSpecification>(given.images.shape[0]!).fill(parts.specification),
    );
    const behavior = joined(entries.map(({ given }) => given.behavior));
    if (this.specification.behavior && behavior === undefined)
      throw new StriateError(
        "the model was fitted with behaviour, which these trials do not have",
        "Give a recording with behaviour and pupil centre",
      );
    const features = this.core.call(
      joined(entries.map(({ given }) => given.images))!,
      { behavior, attention, afterStage: afterStageOf(paths, { subjects: owners, behavior }) },
      contextWith(paths, context),
    );
    let start = 0;
    return new Map(
      entries.map(({ given, parts: { specification, readout, shifter } }) => {
        const n = given.images.shape[0]!;
        const own =
          entries.length === 1
            ? features.values
            : slice(features.values, [start], [start + n], { axes: [0] });
        start += n;
        const shift =
          shifter !== undefined && given.pupil !== undefined
            ? withScope(specification.name, () => shifter.call(given.pupil!, context))
            : undefined;
        const drawn = noise === true ? readout.noise?.bind(readout) : noise || undefined;
        const drive = readout.call({ values: own, grid: features.grid }, { shift, noise: drawn });
        return [specification.name, add(elu(drive), constant(1))];
      }),
    );
  }
}

/** The arrays one below the other; undefined when one is missing. */
function joined(parts: readonly (Tensor | undefined)[]): Tensor | undefined {
  const given = parts.filter((part) => part !== undefined);
  if (given.length < parts.length) return undefined;
  return given.length === 1 ? given[0] : concat(given, 0);
}

function checked(description: ResponseModelInput): ResponseModelSpecification {
  const parsed = responseModelSpecification.safeParse(description);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new StriateError(
    `the response model is not valid at ${issue!.path.join(".") || "its top"}: ${issue!.message}`,
  );
}

function buildCore({ core, input, behavior }: ResponseModelSpecification, random: Random): Core {
  switch (core.kind) {
    case "pixels":
      return new PixelCore(input.channels, input.height, input.width);
    case "convolutional":
      return new ConvolutionalCore(core, input, random);
    case "transformer":
      return new TransformerCore(core, input, behavior, random);
  }
}

function subjectParts(
  specification: SubjectSpecification,
  { readout: kind }: ResponseModelSpecification,
  core: Core,
  random: Random,
): SubjectParts {
  const name = `subject:${specification.name}`;
  const { neurons } = specification;
  const statistic = (part: string, shape: number[]) =>
    new Parameter(`${name}/${part}`, shape, "statistic", zeros, random);
  const coordinates = specification.coordinates ? statistic("coordinates", [neurons, 2]) : undefined;
  const readout =
    kind.kind === "linear"
      ? new LinearReadout(`${name}/readout`, neurons, core.width, core.grid, random)
      : new GaussianReadout(`${name}/readout`, neurons, core.width, coordinates, random, kind.hidden);
  const shifter = specification.shifter ? new Shifter(`${name}/shifter`, random) : undefined;
  const scales: SubjectScales = {
    response: statistic("scale/response", [neurons]),
    image: statistic("scale/image", [2]),
    behavior: statistic("scale/behavior", [3]),
    pupil: statistic("scale/pupil", [2, 2]),
  };
  const parameters = [
    ...readout.parameters,
    ...(shifter?.parameters ?? []),
    ...Object.values(scales),
    ...(coordinates ? [coordinates] : []),
  ];
  return { specification, readout, shifter, scales, coordinates, parameters };
}
