import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { openEventFile } from "../../../src/formats/events/files.node.ts";
import { collectEvents } from "../../../src/formats/events/packet.ts";
import { sharedEventFile } from "./shared-events.ts";

interface Expected {
  readonly count: number;
  readonly sums: readonly number[];
  readonly weighted: number;
  readonly events: readonly (readonly [at: number, x: number, y: number, t: number, p: number])[];
  readonly sensor?: readonly [number, number];
}

const fixture = fileURLToPath(new URL("../../fixtures/event_files.json", import.meta.url));
const expected: Record<string, Expected> = JSON.parse(readFileSync(fixture, "utf8"));

describe("recordings of real cameras are read as numpy and expelliarmus read them", () => {
  it.for(Object.keys(expected))("%s", async (name, { skip }) => {
    const path = sharedEventFile(name);
    if (!existsSync(path)) return skip(`no ../shared/data/event-cameras/${name}`);
    for (const kernels of [true, false]) {
      const stream = await openEventFile(path, { kernels });
      const { x, y, t, p, count } = await collectEvents(stream);
      const { sums, weighted, events, sensor, ...numbers } = expected[name]!;
      expect(count).toBe(numbers.count);
      if (sensor !== undefined) expect(Object.values(stream.header.sensor!)).toEqual(sensor);
      const found = [0, 0, 0, 0];
      let foundWeighted = 0;
      for (let i = 0; i < count; i++) {
        const since = t[i]! - t[0]!;
        found[0]! += x[i]!;
        found[1]! += y[i]!;
        found[2]! += since;
        found[3]! += p[i]!;
        foundWeighted += (i % 1000) * (x[i]! + 2 * y[i]! + 4 * p[i]! + (since % 1000));
      }
      expect(found).toEqual(sums);
      expect(foundWeighted).toBe(weighted);
      for (const [i, ...event] of events) expect([x[i], y[i], t[i], p[i]]).toEqual(event);
    }
  });
});
