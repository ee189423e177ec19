import { expect, test } from "vitest";
import { scaleCounts } from "../../../src/recipes/stream/scale.ts";
import { type StreamDecision, type StreamOptions, streamEvents } from "../../../src/recipes/stream/stream.ts";
import { WindowCounter } from "../../../src/recipes/stream/windows.ts";
import type { SpikingEngine } from "../../../src/spiking/engine.ts";
import { ClassReadout } from "../../../src/spiking/readout.ts";

/** Two pixels: puts out how many events were brighter on each, as currents of two classes. */
const counting: SpikingEngine = {
  reset() {},
  async release() {},
  async *run(values, steps) {
    const data = Float32Array.from(
      { length: 2 * steps },
      (_, i) => values[4 * Math.floor(i / 2) + 2 + (i % 2)]!,
    );
    yield { output: { data, shape: [steps, 1, 2] } };
  },
};

const at = (t: number, x: number) => ({ x: [x], y: [0], t: [t], p: [1], count: 1 });

async function* recording(...events: [t: number, x: number][]) {
  for (const [t, x] of events) yield at(t, x);
}

async function run(
  events: AsyncIterable<ReturnType<typeof at>>,
  options: Partial<StreamOptions> = {},
  retention = 1,
) {
  const decisions: StreamDecision[] = [];
  const summary = await streamEvents(events, {
    engine: counting,
    output: "output",
    window: 1000,
    readout: new ClassReadout("current", 1, 2, retention),
    counter: new WindowCounter({
      window: 1000,
      windows: 1,
      input: { width: 2, height: 1 },
      placement: { scale: 1, left: 0, top: 0 },
      crops: false,
    }),
    onDecision: (decision) => decisions.push(decision),
    ...options,
  });
  return { summary, decisions };
}

test("decisions are told when they change, at the end of their window; a tie decides nothing", async () => {
  const { summary, decisions } = await run(recording([500, 0], [1600, 1], [4600, 1], [5600, 1]));
  expect(decisions).toEqual([
    { seconds: 0.001, decision: 0, margin: 1 },
    { seconds: 0.005, decision: 1, margin: 1 },
  ]);
  expect(summary).toMatchObject({
    events: 4,
    steps: 6,
    packets: 6,
    changes: 2,
    recordedSeconds: 0.006,
    decision: { decision: 1, margin: 2 },
    evidence: [1, 3],
    firstDecision: { recorded: 1 },
    interrupted: false,
  });
  expect(summary.latency.histogram.reduce((total, { count }) => total + count, 0)).toBe(6);
});

test("a lead that is asked for has to be reached, and evidence that fades lets decisions turn", async () => {
  const events: [number, number][] = [
    [0, 0],
    [100, 0],
    [200, 0],
    [5000, 1],
    [6000, 1],
  ];
  expect(
    (await run(recording(...events), { leastMargin: 3 })).decisions.map(({ decision }) => decision),
  ).toEqual([0]);
  expect((await run(recording(...events), {}, 0.5)).decisions.map(({ decision }) => decision)).toEqual([
    0, 1,
  ]);
});

test("no events are no decision, and steps end the stream", async () => {
  const { summary } = await run(recording());
  expect(summary).toMatchObject({ events: 0, steps: 0, packets: 0, changes: 0 });
  expect(summary.decision).toBeUndefined();
  const short = await run(recording([0, 0], [2500, 1], [9000, 1]), { steps: 2 });
  expect(short.summary.steps).toBe(2);
});

test("real time takes as long as the recording; a stream that is told to stop says what it has", async () => {
  const events: [number, number][] = [
    [0, 0],
    [30_000, 1],
    [60_000, 1],
  ];
  const paced = await run(recording(...events), { speed: "real-time" });
  expect(paced.summary.seconds).toBeGreaterThanOrEqual(0.06);
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 20);
  const { summary } = await run(recording([0, 0], [1e6, 1], [1e9, 1]), {
    speed: "real-time",
    signal: controller.signal,
  });
  expect(summary.interrupted).toBe(true);
  expect(summary.decision!.decision).toBe(0);
  expect(summary.recordedSeconds).toBeLessThan(10);
});

test("counts are scaled by their own mean and deviation, or as pixels of 0 to 255", () => {
  const scale = { mean: [1, 2], deviation: [2, 4] };
  const counts = () => Float32Array.of(1, 3, 2, 6, 5, 5, 10, 10);
  const own = counts();
  scaleCounts(scale, undefined)!(own, 2);
  expect([...own]).toEqual([0, 1, 0, 1, 2, 2, 2, 2]);
  const pixels = counts().map((count) => count * 255);
  scaleCounts(undefined, scale)!(pixels, 2);
  expect([...pixels]).toEqual([...own]);
  expect(scaleCounts(undefined, undefined)).toBeUndefined();
});
