/**
 * The one error type that Striate throws on bad input.
 *
 * The message says what was given, what was expected and what to do, in that order; `advice` repeats the last
 * part alone so that a command line can set it apart.
 */
export class StriateError extends Error {
  readonly advice: string | undefined;

  constructor(message: string, advice?: string) {
    super(advice === undefined ? message : `${message}. ${advice}`);
    this.name = "StriateError";
    this.advice = advice;
  }
}
