import { StriateError } from "../../error.ts";
import { normal, zeros } from "../../nn/initializers.ts";
import { Parameter } from "../../nn/parameter.ts";
import type { Random } from "../../runtime/random.ts";
import { constant, gather, linear, reshape, slice } from "../../tensor/index.ts";
import type { AdaptationPath, CoreShape, Modulation, PathConditions, PathSpecification } from "./path.ts";

/**
 * The subject path and the dataset path of AVM: a learned embedding of each subject, or of each data set, gives γ and β
 * of every stage through one linear map a stage, which starts at zero.
 */
export class EmbeddingPath implements AdaptationPath {
  readonly specification: PathSpecification;
  /** Shape (members, embedding width). */
  readonly embeddings: Parameter;
  /** One a stage, shape (2 · width, embedding width): the rows for γ, then those for β. */
  readonly maps: readonly Parameter[];
  private readonly width: number;

  constructor(specification: PathSpecification, { stages, width }: CoreShape, random: Random) {
    const { kind, members, width: embedding } = specification;
    if (members.length === 0)
      throw new StriateError(`a ${kind} path needs at least one member`, `Name a ${kind}`);
    this.specification = specification;
    this.width = width;
    const name = `path/${kind}`;
    this.embeddings = new Parameter(
      `${name}/embeddings`,
      [members.length, embedding],
      "bias",
      normal(1),
      random,
    );
    this.maps = Array.from(
      { length: stages },
      (_, i) => new Parameter(`${name}/stage${i + 1}`, [2 * width, embedding], "bias", zeros, random),
    );
  }

  get parameters(): readonly Parameter[] {
    return [this.embeddings, ...this.maps];
  }

  modulation(stage: number, { subjects }: PathConditions): Modulation {
    const { width } = this;
    const indices = subjects.map((subject) => this.indexOf(subject));
    const rows = indices.every((index) => index === indices[0]) ? indices.slice(0, 1) : indices;
    const embeddings = gather(this.embeddings.tensor, constant(rows, [rows.length], "int64"));
    const both = linear(embeddings, this.maps[stage]!.tensor);
    const part = (start: number) =>
      reshape(slice(both, [start], [start + width], { axes: [1] }), [rows.length, 1, width]);
    return { gamma: part(0), beta: part(width) };
  }

  private indexOf({ name, dataset }: PathConditions["subjects"][number]): number {
    const { kind, members } = this.specification;
    const member = kind === "dataset" ? dataset : name;
    const index = members.indexOf(member);
    if (index >= 0) return index;
    throw new StriateError(
      `the ${kind} path does not know "${member}", only ${members.join(", ")}`,
      `Switch the path off, or adapt it to "${member}"`,
    );
  }
}
