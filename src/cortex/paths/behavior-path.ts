import { StriateError } from "../../error.ts";
import { torchUniform, zeros } from "../../nn/initializers.ts";
import { Parameter } from "../../nn/parameter.ts";
import type { Random } from "../../runtime/random.ts";
import { linear, type Tensor, tanh, unsqueeze } from "../../tensor/index.ts";
import { behaviorWidth } from "../cores/transformer.ts";
import type { AdaptationPath, CoreShape, PathConditions, PathSpecification } from "./path.ts";

/** Behaviour added to all positions after every stage, by an MLP with one hidden layer and tanh whose last layer starts at zero. */
export class BehaviorPath implements AdaptationPath {
  readonly specification: PathSpecification;
  readonly parameters: readonly Parameter[];

  constructor(specification: PathSpecification, { stages, width }: CoreShape, random: Random) {
    this.specification = specification;
    this.parameters = Array.from({ length: stages }, (_, i) => {
      const own = (part: string, shape: number[], initializer = zeros) =>
        new Parameter(`path/behavior/stage${i + 1}/${part}`, shape, "bias", initializer, random);
      return [
        own("linear1/weight", [specification.width, behaviorWidth], torchUniform),
        own("linear1/bias", [specification.width]),
        own("linear2/weight", [width, specification.width]),
        own("linear2/bias", [width]),
      ];
    }).flat();
  }

  addition(stage: number, _features: Tensor, { behavior }: PathConditions): Tensor {
    if (behavior === undefined)
      throw new StriateError(
        "a behavior path needs behaviour, and the recordings have none",
        "Use another path, or a recording with behaviour",
      );
    const [weight1, bias1, weight2, bias2] = this.parameters
      .slice(4 * stage, 4 * stage + 4)
      .map(({ tensor }) => tensor);
    return unsqueeze(linear(tanh(linear(behavior, weight1!, bias1)), weight2!, bias2), 1);
  }
}
