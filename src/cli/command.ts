import { StriateError } from "../error.ts";
import { type ProgressReporter, silent } from "../recipes/progress.ts";
import { ConsoleProgress } from "./console-progress.ts";

/** What every command gets: where to report progress, and a signal that Ctrl-C sets. */
export interface CommandContext {
  readonly progress: ProgressReporter;
  readonly signal: AbortSignal;
}

export interface OutputOptions {
  /** Print one JSON object and nothing else on the standard output. */
  readonly json?: boolean;
  /** No progress. */
  readonly quiet?: boolean;
}

const INTERRUPTED = 130;

/**
 * Runs a command: the first Ctrl-C asks it to stop at the next safe point, the second ends the process at once. Ends
 * the process with 0 only if the command did what was asked.
 */
export async function runCommand(
  options: OutputOptions,
  body: (context: CommandContext) => Promise<void>,
): Promise<void> {
  const console = options.quiet ? undefined : new ConsoleProgress();
  const controller = new AbortController();
  const interrupt = () => {
    if (controller.signal.aborted) process.exit(INTERRUPTED);
    controller.abort(new StriateError("interrupted"));
    process.stderr.write("\nstopping at the next safe point; press Ctrl-C again to stop at once\n");
  };
  process.on("SIGINT", interrupt);
  process.on("SIGTERM", interrupt);
  try {
    await body({ progress: console ?? silent, signal: controller.signal });
  } catch (error) {
    console?.abandon();
    reportError(error);
    process.exitCode = controller.signal.aborted ? INTERRUPTED : 1;
  } finally {
    process.off("SIGINT", interrupt);
    process.off("SIGTERM", interrupt);
  }
}

/** One line for a mistake that a person can mend; the stack for a mistake of ours. */
export function reportError(error: unknown): void {
  if (error instanceof StriateError) process.stderr.write(`striate: ${error.message}\n`);
  else
    process.stderr.write(
      `striate: internal error, please report it\n${error instanceof Error ? error.stack : String(error)}\n`,
    );
}

/** Prints a result as JSON or as text for people. */
export function print(options: OutputOptions, json: unknown, text: () => string): void {
  process.stdout.write(options.json ? `${JSON.stringify(json)}\n` : `${text().trimEnd()}\n`);
}

/** A whole number from an option; throws with the option's name. */
export function wholeNumber(
  option: string,
  least = 1,
  most = Number.MAX_SAFE_INTEGER,
): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < least || value > most) {
      throw new StriateError(
        `${option} must be a whole number from ${least}${most === Number.MAX_SAFE_INTEGER ? "" : ` to ${most}`}, given "${text}"`,
      );
    }
    return value;
  };
}

/** Numbers from an option, separated by commas. */
export function numberList(option: string): (text: string) => number[] {
  return (text) => {
    const values = text.split(",").map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
    if (values.every((value) => Number.isFinite(value))) return values;
    throw new StriateError(`${option} must be numbers separated by commas, given "${text}"`);
  };
}

/** A number from an option, from `least` to `most`. */
export function numberBetween(option: string, least: number, most: number): (text: string) => number {
  return (text) => {
    const value = text.trim() === "" ? Number.NaN : Number(text);
    if (value >= least && value <= most) return value;
    throw new StriateError(`${option} must be a number from ${least} to ${most}, given "${text}"`);
  };
}

/** Some of a few words, from an option, separated by commas. */
export function choices<Word extends string>(
  option: string,
  words: readonly Word[],
): (text: string) => Word[] {
  return (text) => {
    const given = text.split(",").map((part) => part.trim());
    const unknown = given.find((word) => !(words as readonly string[]).includes(word));
    if (unknown !== undefined)
      throw new StriateError(`${option} has "${unknown}"`, `Choose from ${words.join(", ")}`);
    return [...new Set(given as Word[])];
  };
}
