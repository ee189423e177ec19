import { torchUniform, zeros } from "../../nn/initializers.ts";
import { Parameter } from "../../nn/parameter.ts";
import type { Random } from "../../runtime/random.ts";
import { matmul, reshape, sizeOf, type Tensor } from "../../tensor/index.ts";
import type { AdaptationPath, CoreShape, PathSpecification } from "./path.ts";

/** Low-rank updates of the core's matrices and kernels (Hu et al., 2022): W + B · A with B (O, rank) starting at zero. */
export class LowRankPath implements AdaptationPath {
  readonly specification: PathSpecification;
  private readonly factors: ReadonlyMap<Parameter, readonly [Parameter, Parameter]>;

  constructor(specification: PathSpecification, { parameters }: CoreShape, random: Random) {
    this.specification = specification;
    const rank = specification.width;
    const matrices = parameters.filter(({ role, shape }) => role === "weight" && shape.length >= 2);
    this.factors = new Map(
      matrices.map((parameter) => {
        const outputs = parameter.shape[0]!;
        const inputs = sizeOf(parameter.shape) / outputs;
        const own = (part: string, shape: number[], initializer = zeros) =>
          new Parameter(`path/low-rank/${parameter.name}/${part}`, shape, "bias", initializer, random);
        return [parameter, [own("a", [rank, inputs], torchUniform), own("b", [outputs, rank])]];
      }),
    );
  }

  get parameters(): readonly Parameter[] {
    return [...this.factors.values()].flat();
  }

  weightUpdate(parameter: Parameter): Tensor | undefined {
    const factors = this.factors.get(parameter);
    return factors && reshape(matmul(factors[1].tensor, factors[0].tensor), parameter.shape);
  }
}
