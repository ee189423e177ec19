import { torchUniform, zeros } from "../../nn/initializers.ts";
import { Parameter } from "../../nn/parameter.ts";
import type { Random } from "../../runtime/random.ts";
import { gelu, linear, type Tensor } from "../../tensor/index.ts";
import type { AdaptationPath, CoreShape, PathSpecification } from "./path.ts";

/** A bottleneck after every stage (Houlsby et al., 2019): features += up · GELU(down · features), `up` starting at zero. */
export class AdapterPath implements AdaptationPath {
  readonly specification: PathSpecification;
  readonly parameters: readonly Parameter[];

  constructor(specification: PathSpecification, { stages, width }: CoreShape, random: Random) {
    this.specification = specification;
    const bottleneck = specification.width;
    this.parameters = Array.from({ length: stages }, (_, i) => {
      const own = (part: string, shape: number[], initializer = zeros) =>
        new Parameter(`path/adapter/stage${i + 1}/${part}`, shape, "bias", initializer, random);
      return [
        own("down/weight", [bottleneck, width], torchUniform),
        own("down/bias", [bottleneck]),
        own("up/weight", [width, bottleneck]),
        own("up/bias", [width]),
      ];
    }).flat();
  }

  addition(stage: number, features: Tensor): Tensor {
    const [down, downBias, up, upBias] = this.parameters
      .slice(4 * stage, 4 * stage + 4)
      .map(({ tensor }) => tensor);
    return linear(gelu(linear(features, down!, downBias)), up!, upBias);
  }
}
