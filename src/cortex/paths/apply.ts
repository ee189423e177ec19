import type { Context } from "../../nn/layer.ts";
import type { Parameter } from "../../nn/parameter.ts";
import { add, constant, mul, type Tensor } from "../../tensor/index.ts";
import type { CoreConditions } from "../core.ts";
import type { AdaptationPath, PathConditions } from "./path.ts";

/** What a core does after a stage with these paths on: h ← (1 + Σγ) ⊙ h + Σβ, then what paths add. */
export function afterStageOf(
  paths: readonly AdaptationPath[],
  conditions: Omit<PathConditions, "summary">,
): CoreConditions["afterStage"] {
  if (paths.every(({ modulation, addition }) => !modulation && !addition)) return undefined;
  return (stage, features, summary) => {
    const known = { ...conditions, summary };
    const modulations = paths.flatMap((path) => path.modulation?.(stage, known) ?? []);
    const additions = paths.flatMap((path) => path.addition?.(stage, features, known) ?? []);
    if (modulations.length === 0) return additions.reduce(add, features);
    const gamma = modulations.map((one) => one.gamma).reduce(add);
    const beta = modulations.map((one) => one.beta).reduce(add);
    return additions.reduce(add, add(mul(features, add(gamma, constant(1))), beta));
  };
}

/** The context in which a core uses its weights with what paths add to them. */
export function contextWith(paths: readonly AdaptationPath[], context: Context): Context {
  if (paths.every(({ weightUpdate }) => !weightUpdate)) return context;
  const updated = new Map<Parameter, Tensor>();
  return {
    ...context,
    weight: (parameter, layer) => {
      const known = updated.get(parameter);
      if (known !== undefined) return known;
      const updates = paths.flatMap((path) => path.weightUpdate?.(parameter) ?? []);
      const weight = updates.reduce(add, context.weight(parameter, layer));
      updated.set(parameter, weight);
      return weight;
    },
  };
}
