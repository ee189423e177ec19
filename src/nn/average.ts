import type { Parameter } from "./parameter.ts";

/**
 * The average of parameters over the latest steps (Polyak and Juditsky, 1992), weighted exponentially: step t weighs
 * e^((t − now) / horizon). Before `horizon` steps it is the plain mean of all since the first.
 */
export class ParameterAverage {
  /** By the parameters' names. */
  readonly values: Readonly<Record<string, Float32Array>>;
  private readonly parameters: readonly Parameter[];
  private readonly horizon: number;

  constructor(
    parameters: readonly Parameter[],
    horizon: number,
    values: Readonly<Record<string, Float32Array>> = {},
  ) {
    this.parameters = parameters;
    this.horizon = horizon;
    this.values = Object.fromEntries(
      parameters.map(({ name, data }) => [name, (values[name] ?? data).slice()]),
    );
  }

  /** Takes the parameters as they are after so many steps, 1 after the first. */
  update(step: number): void {
    const share = Math.max(1 / this.horizon, 1 / step);
    for (const { name, data } of this.parameters) {
      const average = this.values[name]!;
      for (let i = 0; i < data.length; i++) average[i]! += share * (data[i]! - average[i]!);
    }
  }

  /** Exchanges the parameters and their average: called twice it changes nothing. */
  swap(): void {
    for (const { name, data } of this.parameters) {
      const average = this.values[name]!;
      const now = data.slice();
      data.set(average);
      average.set(now);
    }
  }
}
