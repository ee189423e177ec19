import { StriateError } from "../../src/error.ts";

/** The message of the StriateError that `run` throws. Anything else, or nothing, fails the test. */
export function messageOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof StriateError) return error.message;
    throw error;
  }
  throw new Error("expected a StriateError, but nothing was thrown");
}

/** As messageOf, of a promise. */
export async function rejectionOf(promise: Promise<unknown>): Promise<string> {
  const outcome = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (outcome instanceof StriateError) return outcome.message;
  if (outcome !== undefined) throw outcome;
  throw new Error("expected a StriateError, but the promise was kept");
}
