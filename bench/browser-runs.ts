import { decodeSpikingGraph, nodesOf } from "../src/spiking/graph/index.ts";
import { type Engine, engines } from "./engine-kinds.ts";

/** An engine on images that stay the same, as text and plain numbers, so that it passes into a page. */
export interface Setup {
  readonly engine: string;
  /** A file with a spiking graph, in base64. */
  readonly graph: string;
  readonly images: readonly number[];
  readonly batch: number;
  readonly steps: number;
}

interface Prepared {
  readonly engine: Engine;
  readonly images: Float32Array;
  readonly steps: number;
  readonly output: string;
}

/** Engines that stay from round to round, in Node or in a page. */
export class Runs {
  private readonly threads: number;
  private readonly prepared: Prepared[] = [];

  constructor(threads: number) {
    this.threads = threads;
  }

  /** Makes an engine, and gives its number and its readout summed over the steps. */
  async prepare(setup: Setup): Promise<{ readonly index: number; readonly logits: number[] }> {
    const { batch, steps } = setup;
    const bytes = Uint8Array.from(atob(setup.graph), (character) => character.charCodeAt(0));
    const { graph } = decodeSpikingGraph(bytes, "graph");
    const { make } = engines.find(({ name }) => name === setup.engine)!;
    const engine = make(graph, { batch, threads: this.threads, input: "constant" });
    const output = nodesOf(graph, "output")[0]!.name;
    const index = this.prepared.push({ engine, images: Float32Array.from(setup.images), steps, output }) - 1;
    const logits: number[] = [];
    await this.run(index, (i, value) => {
      logits[i] = (logits[i] ?? 0) + value;
    });
    return { index, logits };
  }

  /** Milliseconds a run: of as many as fill `seconds`, at least three. */
  async round(index: number, seconds: number): Promise<number> {
    const start = performance.now();
    let count = 0;
    while (count < 3 || performance.now() - start < 1000 * seconds) {
      await this.run(index);
      count++;
    }
    return (performance.now() - start) / count;
  }

  private async run(index: number, each?: (i: number, value: number) => void): Promise<void> {
    const { engine, images, steps, output } = this.prepared[index]!;
    engine.reset();
    for await (const results of engine.run(images, steps)) {
      const { data, shape } = results[output]!;
      const size = data.length / shape[0]!;
      if (each !== undefined)
        for (const [i, value] of (data as Float32Array).entries()) each(i % size, value);
    }
  }
}
