import { relu } from "../tensor/index.ts";
import { type Context, eachStep } from "./layer.ts";

/** Evaluation as an ordinary network: every activation unit is a ReLU. */
export const denseContext = (training = false): Context => ({
  training,
  activate: (_unit, current) => eachStep(current, relu),
  weight: (parameter) => parameter.tensor,
  updates: new Map(),
});
