import { torchUniform, zeros } from "../../nn/initializers.ts";
import { Parameter } from "../../nn/parameter.ts";
import type { Random } from "../../runtime/random.ts";
import { gelu, linear, reshape, slice, stopGradient } from "../../tensor/index.ts";
import type { AdaptationPath, CoreShape, Modulation, PathConditions, PathSpecification } from "./path.ts";

/**
 * The stimulus path of AVM: what the frozen first layer saw of a stimulus, averaged over positions, gives γ and β of
 * every stage by a network with one hidden layer and GELU, whose last layer starts at zero.
 */
export class StimulusPath implements AdaptationPath {
  readonly specification: PathSpecification;
  /** Shape (hidden, summary width). */
  readonly hidden: Parameter;
  readonly hiddenBias: Parameter;
  /** One a stage, shape (2 · width, hidden): the rows for γ, then those for β. */
  readonly maps: readonly Parameter[];
  readonly biases: readonly Parameter[];
  private readonly width: number;

  constructor(specification: PathSpecification, { stages, width, summaryWidth }: CoreShape, random: Random) {
    this.specification = specification;
    this.width = width;
    const own = (part: string, shape: number[], initializer = zeros) =>
      new Parameter(`path/stimulus/${part}`, shape, "bias", initializer, random);
    this.hidden = own("hidden/weight", [specification.width, summaryWidth], torchUniform);
    this.hiddenBias = own("hidden/bias", [specification.width]);
    this.maps = Array.from({ length: stages }, (_, i) =>
      own(`stage${i + 1}/weight`, [2 * width, specification.width]),
    );
    this.biases = Array.from({ length: stages }, (_, i) => own(`stage${i + 1}/bias`, [2 * width]));
  }

  get parameters(): readonly Parameter[] {
    return [this.hidden, this.hiddenBias, ...this.maps, ...this.biases];
  }

  modulation(stage: number, { summary }: PathConditions): Modulation {
    const { width } = this;
    const n = summary.shape[0]!;
    const hidden = gelu(linear(stopGradient(summary), this.hidden.tensor, this.hiddenBias.tensor));
    const both = linear(hidden, this.maps[stage]!.tensor, this.biases[stage]!.tensor);
    const part = (start: number) =>
      reshape(slice(both, [start], [start + width], { axes: [1] }), [n, 1, width]);
    return { gamma: part(0), beta: part(width) };
  }
}
