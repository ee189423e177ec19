import { clip, relu } from "../tensor/index.ts";
import { type Context, eachStep } from "./layer.ts";

/** Evaluation as an ordinary network: every activation unit is a ReLU, limited where the unit has a ceiling. */
export const denseContext = (training = false): Context => ({
  training,
  activate: ({ ceiling }, current) =>
    eachStep(current, ceiling === undefined ? relu : (x) => clip(x, 0, ceiling)),
  weight: (parameter) => parameter.tensor,
  updates: new Map(),
});
