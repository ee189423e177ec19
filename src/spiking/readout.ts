/** How the outputs of a network say which class they see: their sum, or the mean potential that the sum builds up. */
export type ReadoutKind = "current" | "potential";

/**
 * The evidence for each class, from the outputs (N, classes) of step after step. Read as currents I, it is Σ I(t) after T
 * steps; read as the potentials V(t) = Σ I of integrators, it is Σ V(t) / T. Both grow with T in proportion, as far as
 * the outputs keep their rates, and the class with the most evidence is the decision.
 */
export class ClassReadout {
  readonly classes: number;
  private readonly kind: ReadoutKind;
  private readonly retention: number;
  private readonly steps: Float64Array;
  private readonly potential: Float64Array;
  private readonly sum: Float64Array;

  /** @param retention what is left of the evidence after one more step; 1, the default, forgets nothing. */
  constructor(kind: ReadoutKind, samples: number, classes: number, retention = 1) {
    this.kind = kind;
    this.classes = classes;
    this.retention = retention;
    this.steps = new Float64Array(samples);
    this.potential = new Float64Array(samples * classes);
    this.sum = new Float64Array(samples * classes);
  }

  /** Forgets what a sample has put out. */
  reset(sample: number): void {
    const { classes } = this;
    this.steps[sample] = 0;
    this.potential.fill(0, sample * classes, (sample + 1) * classes);
    this.sum.fill(0, sample * classes, (sample + 1) * classes);
  }

  /** Takes the outputs (N, classes) of one step. */
  add(outputs: Float32Array): void {
    const { potential, sum, steps, retention } = this;
    for (let i = 0; i < steps.length; i++) steps[i] = steps[i]! * retention + 1;
    for (let i = 0; i < potential.length; i++) {
      potential[i] = potential[i]! * retention + outputs[i]!;
      sum[i] = sum[i]! * retention + potential[i]!;
    }
  }

  /** The evidence (classes) of one sample so far; a view or a copy, to be read before the next step. */
  evidence(sample: number): Float64Array {
    const [start, end] = [sample * this.classes, (sample + 1) * this.classes];
    if (this.kind === "current") return this.potential.subarray(start, end);
    return this.sum.slice(start, end).map((value) => value / this.steps[sample]!);
  }

  /** The class of every sample so far; the first where several are equal. */
  decisions(): number[] {
    const values = this.kind === "current" ? this.potential : this.sum;
    return Array.from(this.steps, (_, i) =>
      largest(values.subarray(i * this.classes, (i + 1) * this.classes)),
    );
  }
}

/** The place of the largest value; the first where several are equal. */
export function largest(values: ArrayLike<number>): number {
  let best = 0;
  for (let k = 1; k < values.length; k++) if (values[k]! > values[best]!) best = k;
  return best;
}
