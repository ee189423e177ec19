import type { Random } from "../runtime/random.ts";
import { type Shape, sizeOf } from "../tensor/index.ts";

/** Fills the first values of a parameter. */
export type Initializer = (values: Float32Array, shape: Shape, random: Random) => void;

export const filled =
  (value: number): Initializer =>
  (values) => {
    values.fill(value);
  };

export const zeros: Initializer = filled(0);
export const ones: Initializer = filled(1);

/** Inputs that one output sees: I · kernel height · kernel width for weights (O, I, …). */
const fanIn = (shape: Shape): number => sizeOf(shape.slice(1));
const fanOut = (shape: Shape): number => shape[0]! * sizeOf(shape.slice(2));

/** Normal with variance gain² / fan in; gain √2 suits ReLU (He et al., 2015). */
export const heNormal =
  (gain = Math.SQRT2): Initializer =>
  (values, shape, random) => {
    random.fillNormal(values);
    const deviation = gain / Math.sqrt(fanIn(shape));
    for (let i = 0; i < values.length; i++) values[i]! *= deviation;
  };

/** Uniform in ±√(6 / (fan in + fan out)) (Glorot and Bengio, 2010). */
export const glorotUniform: Initializer = (values, shape, random) => {
  scaledUniform(values, Math.sqrt(6 / (fanIn(shape) + fanOut(shape))), random);
};

/** Uniform in ±1/√(fan in), PyTorch's default for linear layers and convolutions. */
export const torchUniform: Initializer = (values, shape, random) => {
  scaledUniform(values, 1 / Math.sqrt(fanIn(shape)), random);
};

function scaledUniform(values: Float32Array, bound: number, random: Random): void {
  random.fillUniform(values);
  for (let i = 0; i < values.length; i++) values[i] = (values[i]! * 2 - 1) * bound;
}

/** Normal with the given deviation. */
export const normal =
  (deviation: number): Initializer =>
  (values, _shape, random) => {
    random.fillNormal(values);
    for (let i = 0; i < values.length; i++) values[i]! *= deviation;
  };
