import { LatencyHistogram } from "../../measure/latency-histogram.ts";
import { margin } from "../../spiking/anytime/index.ts";
import { type SpikingEngine, stepsOf } from "../../spiking/engine.ts";
import { type ClassReadout, largest } from "../../spiking/readout.ts";
import type { EventWindows, StreamedEvents, WindowCounter } from "./windows.ts";

export interface StreamOptions {
  /** For one sample, with an input for each step. */
  readonly engine: SpikingEngine;
  readonly output: string;
  readonly readout: ClassReadout;
  readonly counter: WindowCounter;
  /** Microseconds of a window. */
  readonly window: number;
  /** Counts (steps, 2, H, W) as the network takes them; as they are when absent. */
  readonly scale?: ((counts: Float32Array, steps: number) => void) | undefined;
  /** A class is decided on when its evidence is more than the next one's, and by at least this. */
  readonly leastMargin?: number;
  /** As fast as it goes, or each packet when it was over in the recording. */
  readonly speed?: "max" | "real-time";
  /** Stop after so many steps. */
  readonly steps?: number | undefined;
  readonly onDecision?: (decision: StreamDecision) => void;
  /** Told after every packet. */
  readonly onPacket?: (steps: number) => void;
  /** Ends the stream after the packet at hand; there is a summary all the same. */
  readonly signal?: AbortSignal | undefined;
}

export interface StreamDecision {
  /** Seconds from the first event to the end of the window after which it was made. */
  readonly seconds: number;
  readonly decision: number;
  /** Evidence beyond the second best class. */
  readonly margin: number;
}

export interface StreamSummary {
  readonly events: number;
  /** Events that the network does not see, and that came after their packet. */
  readonly outside: number;
  readonly late: number;
  readonly packets: number;
  readonly steps: number;
  readonly recordedSeconds: number;
  readonly seconds: number;
  readonly eventsPerSecond: number;
  /** Seconds of the recording in a second. */
  readonly realTimeFactor: number;
  /** Milliseconds of the recording, and of this run, until the first decision. */
  readonly firstDecision?: { readonly recorded: number; readonly elapsed: number };
  readonly changes: number;
  /** What is decided at the end. */
  readonly decision?: StreamDecision;
  readonly evidence: readonly number[];
  /** Milliseconds from the end of a packet to the decisions on it. */
  readonly latency: {
    readonly median: number;
    readonly p95: number;
    readonly p99: number;
    readonly greatest: number;
    readonly histogram: ReturnType<LatencyHistogram["byDoubling"]>;
  };
  readonly interrupted: boolean;
}

/** Feeds a network with events as they come, its state kept from packet to packet, and tells of decisions that change. */
export async function streamEvents(
  events: AsyncIterable<StreamedEvents>,
  options: StreamOptions,
): Promise<StreamSummary> {
  return new Stream(options).run(events);
}

class Stream {
  private readonly latency = new LatencyHistogram();
  private steps = 0;
  private changes = 0;
  private packets = 0;
  private begun = 0;
  private current: StreamDecision | undefined;
  private firstDecision: StreamSummary["firstDecision"];

  constructor(private readonly options: StreamOptions) {}

  async run(events: AsyncIterable<StreamedEvents>): Promise<StreamSummary> {
    const { counter } = this.options;
    this.begun = performance.now();
    reading: for await (const some of events) {
      for (const packet of counter.add(some)) {
        await this.take(packet);
        if (this.isOver()) break reading;
      }
    }
    if (!this.isOver()) {
      const last = counter.end();
      if (last !== undefined) await this.take(last);
    }
    return this.summary();
  }

  private isOver(): boolean {
    const { signal, steps = Number.POSITIVE_INFINITY } = this.options;
    return signal?.aborted === true || this.steps >= steps;
  }

  private async take({ first, steps, counts }: EventWindows): Promise<void> {
    const { engine, output, readout, scale, window, speed, signal } = this.options;
    let arrived = performance.now();
    if (speed === "real-time") {
      const due = this.begun + ((first + steps) * window) / 1000;
      if (due > arrived) await pause(due - arrived, signal);
      if (signal?.aborted) return;
      arrived = due;
    }
    scale?.(counts, steps);
    for await (const results of engine.run(counts, steps)) {
      for (const outputs of stepsOf(results[output]!)) {
        readout.add(outputs);
        this.steps++;
        this.decide();
      }
    }
    this.latency.add(performance.now() - arrived);
    this.packets++;
    this.options.onPacket?.(this.steps);
  }

  private decide(): void {
    const { readout, leastMargin = 0, window, onDecision } = this.options;
    const evidence = readout.evidence(0);
    const lead = margin(evidence, this.steps);
    if (!(lead > 0 && lead >= leastMargin)) return;
    const decision = largest(evidence);
    const before = this.current?.decision;
    this.current = { seconds: (this.steps * window) / 1e6, decision, margin: lead };
    if (decision === before) return;
    this.changes++;
    this.firstDecision ??= {
      recorded: 1000 * this.current.seconds,
      elapsed: performance.now() - this.begun,
    };
    onDecision?.(this.current);
  }

  private summary(): StreamSummary {
    const { counter, window, readout, signal } = this.options;
    const seconds = (performance.now() - this.begun) / 1000;
    const recordedSeconds = (this.steps * window) / 1e6;
    const { latency } = this;
    return {
      events: counter.events,
      outside: counter.outside,
      late: counter.late,
      packets: this.packets,
      steps: this.steps,
      recordedSeconds,
      seconds,
      eventsPerSecond: counter.events / seconds,
      realTimeFactor: recordedSeconds / seconds,
      ...(this.firstDecision && { firstDecision: this.firstDecision }),
      changes: this.changes,
      ...(this.current && { decision: this.current }),
      evidence: [...readout.evidence(0)],
      latency: {
        median: latency.percentile(50),
        p95: latency.percentile(95),
        p99: latency.percentile(99),
        greatest: latency.greatest,
        histogram: latency.byDoubling(),
      },
      interrupted: signal?.aborted === true,
    };
  }
}

/** Waits, unless told to stop. */
function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    signal?.addEventListener("abort", end);
    if (signal?.aborted) end();
  });
}
