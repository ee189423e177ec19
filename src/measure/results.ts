import { StriateError } from "../error.ts";
import type { ArrayValue } from "../runtime/compile.ts";

/** Outputs of a program by name. */
export type Results = Readonly<Record<string, Pick<ArrayValue, "data">>>;

/** The values of a float32 output; throws when the program did not compute it. */
export function valuesOf(results: Results, name: string): Float32Array {
  const value = results[name];
  if (value === undefined) {
    throw new StriateError(
      `the results have no "${name}"`,
      "Compile the program with the meter's outputs() among its own",
    );
  }
  return value.data as Float32Array;
}

export const totalOf = (results: Results, name: string): number =>
  valuesOf(results, name).reduce((total, count) => total + count, 0);
