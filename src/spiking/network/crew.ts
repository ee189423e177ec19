import { StriateError } from "../../error.ts";
import { Crew as Field } from "../../runtime/assembly/points/layout.ts";
import { currentBackend } from "../../runtime/backend.ts";
import { type PointKernels, pointModule } from "../../runtime/kernels/points.ts";
import type { KernelThread } from "../../runtime/threads.ts";
import type { Arena } from "./arena.ts";

/** The threads that share the steps of a network's populations: the one that runs it, and others that it starts. */
export class Crew {
  readonly threads: number;
  /** Of the record in which they tell each other what to do. */
  readonly address: number;
  readonly #arena: Arena;
  #others: Promise<readonly KernelThread[]> | undefined;

  constructor(threads: number, arena: Arena) {
    if (!Number.isInteger(threads) || threads < 1) {
      throw new StriateError(`a network on ${threads} threads`, "Give a whole number, at least 1");
    }
    this.threads = threads;
    this.address = arena.reserve(4 * Field.size);
    this.#arena = arena;
  }

  /** Starts the other threads, unless they run. */
  async start(): Promise<void> {
    this.#others ??= this.#startOthers();
    await this.#others;
  }

  async #startOthers(): Promise<readonly KernelThread[]> {
    const { threads, address: program } = this;
    const { memory } = this.#arena;
    const words = this.#arena.words(program, Field.size).fill(0);
    words[Field.threads] = threads;
    if (threads === 1) return [];
    const backend = currentBackend();
    const others = Array.from({ length: threads - 1 }, (_, i) => i + 1);
    return Promise.all(
      others.map((thread) => backend.startKernelThread({ module: pointModule(), memory, program, thread })),
    );
  }

  async release(kernels: PointKernels): Promise<void> {
    const others = await this.#others;
    this.#others = undefined;
    if (others === undefined || others.length === 0) return;
    kernels.quit(this.address);
    for (const thread of others) thread.terminate();
  }
}
