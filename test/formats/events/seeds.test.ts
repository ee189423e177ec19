import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { collectEvents } from "../../../src/formats/events/packet.ts";
import { readEvents } from "../../../src/formats/events/read.ts";

const seed = (name: string) =>
  new Uint8Array(readFileSync(fileURLToPath(new URL(`../../fixtures/events/${name}`, import.meta.url))));
const read = async (name: string) => {
  const stream = await readEvents(seed(name), name);
  return { header: stream.header, events: await collectEvents(stream) };
};

it("unpacks what the program zstd packed", async () => {
  const { header, events } = await read("zstd.aedat4");
  expect(header.compression).toBe("zstd");
  expect(events.count).toBe(120);
  expect(events).toEqual((await read("none.aedat4")).events);
  expect(events).toEqual((await read("lz4.aedat4")).events);
});

it("tells the formats of such files from their first bytes, and finds the same events", async () => {
  const first = (await read("dat.dat")).events;
  for (const name of ["atis.bin", "aedat2.aedat", "aedat3.aedat", "evt2.raw", "evt21.raw", "evt3.raw"]) {
    expect([name, (await read(name)).events]).toEqual([name, first]);
  }
});
