import { filled, type Initializer, torchUniform, zeros } from "../../nn/initializers.ts";
import { Parameter } from "../../nn/parameter.ts";
import type { Random } from "../../runtime/random.ts";
import {
  abs,
  add,
  clip,
  constant,
  cos,
  elu,
  linear,
  log,
  matmul,
  mul,
  randomUniform,
  reshape,
  sqrt,
  sub,
  sum,
  type Tensor,
  tanh,
  withScope,
} from "../../tensor/index.ts";
import type { FeatureMap } from "../core.ts";
import type { Readout, ReadoutConditions } from "../readout.ts";
import { departure, type FeaturePrior } from "./prior.ts";
import { readAt } from "./sampling.ts";

const uniform =
  (bound: number): Initializer =>
  (values, _shape, random) => {
    random.fillUniform(values, -bound, bound);
  };

/**
 * The Gaussian readout (Lurz et al., ICLR 2021): neuron k reads the features at one position, drawn in training from a
 * normal distribution with mean μ_k and factor Σ_k (2×2), and is at μ_k otherwise. With cortical coordinates μ follows
 * from them by an MLP 2 → hidden → 2, ELU inside and tanh at the end, as neighbours in the cortex see neighbouring
 * places.
 */
export class GaussianReadout implements Readout {
  readonly name: string;
  readonly neurons: number;
  /** Shape (neurons, features). */
  readonly features: Parameter;
  /** Shape (neurons). */
  readonly bias: Parameter;
  /** Shape (neurons, 2, 2). */
  readonly sigma: Parameter;
  /** Shape (neurons, 2): the positions, unless they follow from coordinates. */
  readonly mu: Parameter | undefined;
  /** What training expects of the features, where something is known of them before. */
  prior: FeaturePrior | undefined;
  private readonly position: readonly Parameter[];
  private readonly coordinates: Parameter | undefined;

  /** `coordinates` (neurons, 2) holds standardised cortical coordinates. */
  constructor(
    name: string,
    neurons: number,
    width: number,
    coordinates: Parameter | undefined,
    random: Random,
    hidden = 30,
  ) {
    this.name = name;
    this.neurons = neurons;
    const own = (part: string, shape: number[], role: "weight" | "bias", initializer: Initializer) =>
      new Parameter(`${name}/${part}`, shape, role, initializer, random);
    this.features = own("features", [neurons, width], "weight", filled(1 / width));
    this.bias = own("bias", [neurons], "bias", zeros);
    this.sigma = own("sigma", [neurons, 2, 2], "bias", uniform(0.1));
    this.coordinates = coordinates;
    this.mu = coordinates ? undefined : own("mu", [neurons, 2], "bias", uniform(0.1));
    this.position = coordinates
      ? [
          own("position/linear1/weight", [hidden, 2], "weight", torchUniform),
          own("position/linear1/bias", [hidden], "bias", zeros),
          own("position/linear2/weight", [2, hidden], "weight", torchUniform),
          own("position/linear2/bias", [2], "bias", zeros),
        ]
      : [];
  }

  get parameters(): readonly Parameter[] {
    const { features, bias, sigma, mu, position } = this;
    return [features, bias, sigma, ...(mu ? [mu] : []), ...position];
  }

  /** Where each neuron reads without noise, (neurons, 2). */
  centers(): Tensor {
    return this.mu === undefined ? this.means() : clip(this.means(), -1, 1);
  }

  /** μ, which training may move beyond the features: noise is what brings it back. */
  private means(): Tensor {
    if (this.mu !== undefined) return this.mu.tensor;
    const [weight1, bias1, weight2, bias2] = this.position.map(({ tensor }) => tensor);
    const hidden = elu(linear(this.coordinates!.tensor, weight1!, bias1));
    return tanh(linear(hidden, weight2!, bias2));
  }

  call(features: FeatureMap, { shift, noise }: ReadoutConditions): Tensor {
    return withScope(this.name, () => {
      const n = features.values.shape[0]!;
      const { neurons } = this;
      let positions = reshape(noise === undefined ? this.centers() : this.means(), [1, neurons, 2]);
      if (noise !== undefined) {
        const factor = reshape(this.sigma.tensor, [1, neurons, 2, 2]);
        const moved = matmul(factor, reshape(noise(n), [n, neurons, 2, 1]));
        positions = clip(add(positions, reshape(moved, [n, neurons, 2])), -1, 1);
      }
      if (shift !== undefined) positions = add(positions, reshape(shift, [n, 1, 2]));
      return add(readAt(features, positions, this.features.tensor), this.bias.tensor);
    });
  }

  departure(): Tensor | undefined {
    return this.prior && departure(this.features.tensor, this.prior);
  }

  /** Σ |features|, to be kept small. */
  penalty(): Tensor {
    return sum(abs(this.features.tensor));
  }

  /** Independent standard normal numbers (n, neurons, 2), drawn anew at every run (Box and Muller, 1958). */
  noise(n: number): Tensor {
    const shape = [n, this.neurons, 1];
    const radius = sqrt(
      mul(constant(-2), log(sub(constant(1), randomUniform(shape, `${this.name}/noise/radius`)))),
    );
    const angle = mul(constant(2 * Math.PI), randomUniform(shape, `${this.name}/noise/angle`));
    return mul(radius, cos(add(angle, constant([0, -Math.PI / 2], [1, 1, 2]))));
  }
}
