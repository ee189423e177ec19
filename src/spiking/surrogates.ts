import {
  abs,
  add,
  constant,
  customGradient,
  div,
  exp,
  less,
  mask,
  mul,
  neg,
  relu,
  sigmoid,
  square,
  stepAbove,
  stepFrom,
  sub,
  type Tensor,
} from "../tensor/index.ts";

/**
 * A surrogate gradient: what stands in for the derivative of the step function in back-propagation (Neftci et al.,
 * 2019). `derivative` takes x, the membrane potential less the threshold.
 */
export interface Surrogate {
  readonly name: string;
  derivative(x: Tensor): Tensor;
}

const number = (value: number) => constant(value);

/** α/2 / (1 + (π/2·αx)²) (Fang et al., 2021). */
export const arctangent = (alpha = 2): Surrogate => ({
  name: "arctangent",
  derivative: (x) => div(number(alpha / 2), add(square(mul(x, number((Math.PI / 2) * alpha))), number(1))),
});

/** 1 / (1 + k|x|)², the slope of a fast sigmoid (Zenke and Ganguli, 2018). */
export const fastSigmoid = (slope = 25): Surrogate => ({
  name: "fastSigmoid",
  derivative: (x) => div(number(1), square(add(mul(abs(x), number(slope)), number(1)))),
});

/** α·σ(αx)·(1 − σ(αx)). */
export const sigmoidal = (alpha = 4): Surrogate => ({
  name: "sigmoid",
  derivative: (x) => {
    const value = sigmoid(mul(x, number(alpha)));
    return mul(mul(value, sub(number(1), value)), number(alpha));
  },
});

/** α·max(0, 1 − α|x|) (Esser et al., 2016; Bellec et al., 2018). */
export const triangular = (alpha = 1): Surrogate => ({
  name: "triangular",
  derivative: (x) => mul(relu(sub(number(1), mul(abs(x), number(alpha)))), number(alpha)),
});

/** α where |x| < 1 / 2α, 0 elsewhere (Wu et al., 2018). */
export const rectangular = (alpha = 1): Surrogate => ({
  name: "rectangular",
  derivative: (x) => mul(mask(less(abs(x), number(0.5 / alpha))), number(alpha)),
});

/** α/√π · e^(−α²x²). */
export const gaussian = (alpha = 2): Surrogate => ({
  name: "gaussian",
  derivative: (x) => mul(exp(mul(square(x), neg(number(alpha * alpha)))), number(alpha / Math.sqrt(Math.PI))),
});

/** 1 where x ≥ 0 (x > 0 when `strict`), 0 elsewhere, with the surrogate's derivative going back. */
export const spike = (x: Tensor, surrogate: Surrogate, strict = false): Tensor =>
  customGradient(strict ? stepAbove(x) : stepFrom(x), [x], (upstream) => [
    mul(upstream, surrogate.derivative(x)),
  ]);
