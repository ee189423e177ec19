import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { StriateError } from "../src/error.ts";
import type { Contender, Round } from "./benchmark.ts";

interface Greeting {
  /** Of Python and its packages. */
  readonly versions: Readonly<Record<string, string>>;
  /** Names of the variants of each case. */
  readonly cases: Readonly<Record<string, readonly string[]>>;
  /** Packages that this Python lacks, and whose variants are left out. */
  readonly missing: readonly string[];
}

/** A Python process that stays alive for a whole benchmark, and works only when told to. */
export class Peer {
  readonly greeting: Greeting;
  private readonly child: ChildProcess;
  private readonly answers: AsyncIterator<string>;

  private constructor(child: ChildProcess, answers: AsyncIterator<string>, greeting: Greeting) {
    this.child = child;
    this.answers = answers;
    this.greeting = greeting;
  }

  /** Starts `script` on the folder that holds its config.json and weights. */
  static async start(python: string, script: string, folder: string, threads: number): Promise<Peer> {
    const child = spawn(python, [script, folder, String(threads)], {
      stdio: ["pipe", "pipe", "inherit"],
      env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1" },
    });
    process.once("exit", () => child.kill());
    child.on("error", () => undefined);
    child.stdin.on("error", () => undefined);
    const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const { value, done } = await answers.next();
    if (done) throw new StriateError(`${script} ended before it was ready`, "See its message above");
    return new Peer(child, answers, JSON.parse(value));
  }

  /** The peer's ways of doing a case. */
  contenders(caseName: string): Contender[] {
    const ask = (variant: string, request: object) => this.ask({ case: caseName, variant, ...request });
    return (this.greeting.cases[caseName] ?? []).map((variant) => ({
      name: variant,
      check: async () => (await ask(variant, { do: "check" })).values as number[],
      round: async (steps) => (await ask(variant, { do: "round", steps })) as unknown as Round,
    }));
  }

  stop(): void {
    this.child.stdin!.end();
    this.child.kill();
  }

  private async ask(request: object): Promise<Record<string, unknown>> {
    this.child.stdin!.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await this.answers.next();
    if (done)
      throw new StriateError(
        `the Python process ended at ${JSON.stringify(request)}`,
        "See its message above",
      );
    const answer = JSON.parse(value);
    if (answer.error !== undefined) throw new StriateError(`the Python process failed: ${answer.error}`);
    return answer;
  }
}
