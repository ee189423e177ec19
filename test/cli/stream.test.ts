import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { writeNirFile } from "../../src/formats/index.node.ts";
import { type SpikingGraph, scalar } from "../../src/spiking/graph/index.ts";
import { nirFromSpikingGraph } from "../../src/spiking/index.ts";
import { start, striate, temporaryFolder } from "./striate.ts";

const folder = temporaryFolder();
const path = (name: string) => join(folder, name);
const [network, flat] = [path("halves.nir"), path("flat.nir")];

/** Two classes: events in the left half, and in the right half, each a spike for two of them. */
function halves(width: number): SpikingGraph {
  const data = Float32Array.from({ length: 2 * 2 * width * width }, (_, i) => {
    const [right, column] = [i >= 2 * width * width, i % width];
    return right === column >= width / 2 ? 0.5 : 0;
  });
  return {
    timeStep: 1,
    metadata: {},
    nodes: [
      { name: "input", inputs: [], operation: { type: "input", shape: [2, width, width] } },
      { name: "flat", inputs: ["input"], operation: { type: "reshape", shape: [2 * width * width] } },
      {
        name: "linear",
        inputs: ["flat"],
        operation: { type: "linear", weight: { shape: [2, 2 * width * width], data } },
      },
      {
        name: "cells",
        inputs: ["linear"],
        operation: {
          type: "neuron",
          membrane: { kind: "integrator", r: scalar(1) },
          firing: { threshold: scalar(0.9), strict: true, reset: scalar(0) },
          start: scalar(0),
        },
        shape: [2],
      },
      { name: "output", inputs: ["cells"], operation: { type: "output" } },
    ],
  };
}

/** Five bytes an event, as N-MNIST has them. */
const bin = (events: readonly (readonly [x: number, y: number, t: number])[]) =>
  Uint8Array.from(events.flatMap(([x, y, t]) => [x, y, 0x80 | (t >> 16), (t >> 8) & 255, t & 255]));

/** 20 ms of events on the left, and then 40 ms on the right. */
const events = Array.from({ length: 60 }, (_, ms) => [ms < 20 ? 3 : 30, ms % 34, 1000 * ms] as const);

beforeAll(async () => {
  await writeNirFile(network, nirFromSpikingGraph(halves(34)).nir);
  const vector = halves(34);
  const nodes = vector.nodes.slice(2).map((node, i) => (i === 0 ? { ...node, inputs: ["input"] } : node));
  const input = { name: "input", inputs: [], operation: { type: "input" as const, shape: [2 * 34 * 34] } };
  await writeNirFile(flat, nirFromSpikingGraph({ ...vector, nodes: [input, ...nodes] }).nir);
  writeFileSync(path("halves.bin"), bin(events));
  writeFileSync(path("corrupt.bin"), bin([...events.slice(0, 30), [33, 100, 30_000], ...events.slice(30)]));
  writeFileSync(path("long.bin"), bin([...events, [30, 1, 8_000_000]]));
  writeFileSync(path("empty.bin"), bin([]));
  writeFileSync(path("text.txt"), "no recording");
});

const stream = (file: string, ...options: string[]) =>
  striate("stream", path(file), "--model", network, ...options);

test("a recording is streamed: decisions as they change, a summary, everything as JSON", async () => {
  const { code, stdout, stderr } = await stream("halves.bin", "--classes", "left,right");
  expect(code, stderr).toBe(0);
  expect(stdout).toMatch(/^ +0\.0020 s {2}left {2}margin 1$/m);
  expect(stdout).toMatch(/^ +0\.0420 s {2}right {2}margin 1$/m);
  expect(stdout).toContain("60 events in 0.0600 s of recording, 60 steps, 60 packets");
  expect(stdout).toMatch(/decision: right, margin 10\.0; 2 changes/);
  expect(stdout).toMatch(/latency of a packet: median [\d.]+ ms, 95 %/);
  expect(stdout).toMatch(/< [\d.]+ ms +█/);

  const json = JSON.parse((await stream("halves.bin", "--json", "--packet", "5000")).stdout);
  expect(json).toMatchObject({
    format: "atis",
    events: 60,
    packets: 12,
    steps: 60,
    changes: 2,
    interrupted: false,
  });
  expect(json.decisions.map(({ decision }: { decision: number }) => decision)).toEqual([0, 1]);
  expect(json.decision).toMatchObject({ decision: 1, name: "1", margin: 10 });
  for (const key of ["median", "p95", "p99", "greatest"]) expect(json.latency[key]).toBeGreaterThan(0);
});

test("what is corrupt ends the stream with its place, or is left out as asked", async () => {
  const refused = await stream("corrupt.bin");
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("byte 150: ")]);
  const skipped = await stream("corrupt.bin", "--on-corrupt", "skip", "--json");
  expect(skipped.code, skipped.stderr).toBe(0);
  expect(JSON.parse(skipped.stdout)).toMatchObject({
    events: 60,
    corruption: { count: 1, places: [expect.objectContaining({ offset: 150 })] },
  });
});

test("what cannot be streamed is told in a line", async () => {
  const refused = async (message: string, file: string, ...options: string[]) => {
    const { code, stderr } = await stream(file, ...options);
    expect([code, stderr]).toEqual([expect.any(Number), expect.stringContaining(message)]);
    expect(code).not.toBe(0);
    expect(stderr).not.toContain("internal error");
  };
  await refused("no events", "empty.bin");
  await refused("no recording of an event camera", "text.txt");
  await refused("does not exist", "missing.bin");
  await refused("320 × 240, the network takes 34 × 34", "halves.bin", "--sensor", "320x240");
  await refused("--sensor must be a size", "halves.bin", "--sensor", "large");
  await refused("events need one input (2, height, width)", "halves.bin", "--model", flat);
});

test("Ctrl-C ends with what there is so far", async () => {
  const { child, outcome } = start(["stream", path("long.bin"), "--model", network, "--speed", "real-time"]);
  // Once: the summary has the same time in it, and a second signal would end a process that is about to end by itself.
  const untilDecided = (text: Buffer) => {
    if (!text.includes("0.0420 s")) return;
    child.stdout!.off("data", untilDecided);
    child.kill("SIGINT");
  };
  child.stdout!.on("data", untilDecided);
  const { code, stdout } = await outcome;
  expect(code).toBe(130);
  expect(stdout).toContain("interrupted after ");
  expect(stdout).toContain("decision: 1");
});
