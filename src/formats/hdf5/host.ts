import { StriateError } from "../../error.ts";
import type { Answer, Request } from "./protocol.ts";

/** A worker of Node or of a browser. */
export interface Hdf5Worker {
  postMessage(message: Request, transfer: ArrayBuffer[]): void;
  terminate(): unknown;
  /** Keeps Node alive while there is work. */
  ref?(): void;
  unref?(): void;
}

type Start = (heard: (answer: Answer) => void, failed: (reason: string) => void) => Hdf5Worker;
type Outcome = Exclude<Answer, { kind: "ready" }>;

const startMilliseconds = 30_000;
const baseMilliseconds = 1_500;
const millisecondsPerMebibyte = 1_000;
const idleMilliseconds = 5_000;

let start: Start = startWebWorker;
let running: Promise<Conversation> | undefined;
let lastTurn: Promise<unknown> = Promise.resolve();

/** Sets how workers are started; "striate/node" does this. */
export function useHdf5Worker(starter: Start): void {
  start = starter;
}

/**
 * Has a worker run the HDF5 library on a file: it can break, loop without end or run out of memory there and nothing
 * else is harmed. Requests take turns.
 *
 * @param bytes of the file, roughly; they decide the time limit.
 * @returns the worker's answer, or a refusal when it broke or took too long.
 */
export function askHdf5Worker(request: Request, transfer: ArrayBuffer[], bytes: number): Promise<Outcome> {
  const limit = baseMilliseconds + (bytes / 2 ** 20) * millisecondsPerMebibyte;
  const turn = lastTurn.then(async () => {
    running ??= Conversation.begin();
    const conversation = await running.catch((error) => {
      running = undefined;
      throw error;
    });
    const outcome = await conversation.ask(request, transfer, limit);
    if (outcome.spent) {
      conversation.end();
      running = undefined;
    } else {
      conversation.endWhenIdle(() => {
        running = undefined;
      });
    }
    return outcome;
  });
  lastTurn = turn.catch(() => undefined);
  return turn;
}

/** Questions to one worker and its answers, one at a time. */
class Conversation {
  readonly #worker: Hdf5Worker;
  #answered: (answer: Answer) => void = () => {};
  #idle: ReturnType<typeof setTimeout> | undefined;

  private constructor() {
    const broke = (reason: string) =>
      this.#answered({
        kind: "refusal",
        object: "",
        reason: `the HDF5 worker broke: ${reason}`,
        spent: true,
      });
    this.#worker = start((answer) => this.#answered(answer), broke);
  }

  static async begin(): Promise<Conversation> {
    const conversation = new Conversation();
    const answer = await conversation.#next(startMilliseconds);
    if (answer.kind === "ready") return conversation;
    conversation.end();
    const reason = answer.kind === "refusal" ? answer.reason : "it did not say that it is ready";
    throw new StriateError(
      `the HDF5 library could not start: ${reason}`,
      "Install h5wasm, and build Striate with npm run build where it runs from its sources",
    );
  }

  async ask(request: Request, transfer: ArrayBuffer[], milliseconds: number): Promise<Outcome> {
    clearTimeout(this.#idle);
    this.#worker.ref?.();
    const answer = this.#next(milliseconds);
    this.#worker.postMessage(request, transfer);
    const outcome = (await answer) as Outcome;
    this.#worker.unref?.();
    return outcome;
  }

  endWhenIdle(ended: () => void): void {
    this.#idle = setTimeout(() => {
      this.end();
      ended();
    }, idleMilliseconds);
    (this.#idle as { unref?: () => void }).unref?.();
  }

  end(): void {
    clearTimeout(this.#idle);
    this.#answered = () => {};
    this.#worker.terminate();
  }

  #next(milliseconds: number): Promise<Answer> {
    return new Promise((resolve) => {
      const tooLong = () => {
        const reason = `the HDF5 library took more than ${(milliseconds / 1000).toFixed(1)} s`;
        resolve({ kind: "refusal", object: "", reason, spent: true });
      };
      // an answer that came while this thread was busy is heard before the second timer ends
      let timer = setTimeout(() => {
        timer = setTimeout(tooLong, 50);
      }, milliseconds);
      this.#answered = (answer) => {
        clearTimeout(timer);
        resolve(answer);
      };
    });
  }
}

function startWebWorker(heard: (answer: Answer) => void, failed: (reason: string) => void): Hdf5Worker {
  if (typeof Worker === "undefined") {
    throw new StriateError("there are no web workers here to read HDF5 in", 'In Node, import "striate/node"');
  }
  const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
  worker.onmessage = ({ data }: MessageEvent<Answer>) => heard(data);
  worker.onerror = ({ message }) => failed(message ?? "its script could not be loaded");
  return worker;
}
