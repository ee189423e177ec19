import { mkdtempSync, rmSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openEventFile } from "../src/formats/events/files.node.ts";
import { type EventFormatName, type Events, encodeEvents } from "../src/formats/index.ts";
import { type Benchmark, type Case, local } from "./benchmark.ts";

const eventCount = 10_000_000;
const partEvents = 2 ** 16;
const sensor = { width: 1280, height: 720 };
/** Their names' endings are those that expelliarmus expects. */
const files = [
  { name: "DAT", format: "dat", ending: ".dat" },
  { name: "EVT2", format: "evt2", ending: ".raw" },
  { name: "EVT3", format: "evt3", ending: ".raw" },
] as const satisfies readonly { name: string; format: EventFormatName; ending: string }[];

/** About 10 million events a second; runs of up to eight neighbours in a row, as moving edges give. The same every time. */
function* parts(): Generator<Events> {
  let state = 1;
  const random = (below: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  let [row, column, time, polarity, left] = [0, 0, 0, 0, 0];
  for (let done = 0; done < eventCount; done += partEvents) {
    const count = Math.min(partEvents, eventCount - done);
    const part = {
      x: new Uint16Array(count),
      y: new Uint16Array(count),
      t: new Float64Array(count),
      p: new Uint8Array(count),
      count,
    };
    for (let i = 0; i < count; i++) {
      if (left === 0) {
        left = 1 + random(8);
        time += random(2);
        [column, row, polarity] = [random(sensor.width - 32), random(sensor.height), random(2)];
      } else column += 1 + random(3);
      left--;
      part.x[i] = column;
      part.y[i] = row;
      part.t[i] = time;
      part.p[i] = polarity;
    }
    yield part;
  }
}

/** How many there are, and sums of what they say. The times of EVT3 differ: see bench/peers/event_files.py. */
async function summary(path: string, hasTimes: boolean): Promise<number[]> {
  const sums = [0, 0, 0, 0, 0];
  for await (const { x, y, t, p, count } of await openEventFile(path)) {
    sums[0]! += count;
    for (let i = 0; i < count; i++) {
      sums[1]! += x[i]!;
      sums[2]! += y[i]!;
      sums[3]! += p[i]!;
      if (hasTimes) sums[4]! += t[i]!;
    }
  }
  return sums;
}

async function decode(path: string): Promise<number> {
  let count = 0;
  for await (const packet of await openEventFile(path)) count += packet.count;
  return count;
}

/** Only reads the bytes, a megabyte at a time: what no decoder can be faster than. */
async function readOnly(path: string): Promise<void> {
  const handle = await open(path);
  const buffer = new Uint8Array(2 ** 20);
  while ((await handle.read(buffer, 0, buffer.length)).bytesRead > 0);
  await handle.close();
}

async function write(path: string, format: EventFormatName): Promise<void> {
  const handle = await open(path, "w");
  for await (const piece of encodeEvents(parts(), { format, sensor })) await handle.write(piece);
  await handle.close();
}

/** Whole files, from the page cache to arrays of events. Rates are of events: 10⁹/s. */
export const eventFiles: Benchmark = {
  name: "event-files",
  title: `Recordings of event cameras decoded from the disk's cache, ${eventCount / 1e6} million events each`,
  peer: "event_files.py",
  prepare: async () => {
    const folder = mkdtempSync(join(tmpdir(), "striate-events-"));
    process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
    const cases: Case[] = [];
    const paths: Record<string, string> = {};
    for (const { name, format, ending } of files) {
      const path = join(folder, format + ending);
      await write(path, format);
      paths[name] = path;
      const readStart = performance.now();
      await readOnly(path);
      const limit = eventCount / (performance.now() - readStart) / 1000;
      console.log(`  ${name}: reading alone would give ${limit.toFixed(0)} million events/s`);
      cases.push({
        name,
        work: { amount: eventCount, unit: "events" },
        compared: "counts and sums of events",
        tolerance: 0,
        ours: async () =>
          local(
            "Striate",
            () => summary(path, format !== "evt3"),
            () => decode(path),
          ),
      });
    }
    return { config: { paths }, files: {}, cases };
  },
};
