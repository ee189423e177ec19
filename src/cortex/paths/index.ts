import type { Random } from "../../runtime/random.ts";
import { AdapterPath } from "./adapter-path.ts";
import { BehaviorPath } from "./behavior-path.ts";
import { EmbeddingPath } from "./embedding-path.ts";
import { LowRankPath } from "./low-rank-path.ts";
import type { AdaptationPath, CoreShape, PathKind, PathSpecification } from "./path.ts";
import { StimulusPath } from "./stimulus-path.ts";

const makers: Record<
  PathKind,
  new (
    specification: PathSpecification,
    core: CoreShape,
    random: Random,
  ) => AdaptationPath
> = {
  subject: EmbeddingPath,
  dataset: EmbeddingPath,
  stimulus: StimulusPath,
  adapter: AdapterPath,
  "low-rank": LowRankPath,
  behavior: BehaviorPath,
};

/** A new path for a core; untrained, it changes nothing. */
export const buildPath = (
  specification: PathSpecification,
  core: CoreShape,
  random: Random,
): AdaptationPath => new makers[specification.kind](specification, core, random);

/** The width that a path of each kind has unless it is given. */
export const defaultPathWidth: Record<PathKind, number> = {
  subject: 16,
  dataset: 16,
  stimulus: 32,
  adapter: 16,
  "low-rank": 4,
  behavior: 16,
};
