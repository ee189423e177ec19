import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { writeEvents } from "../../src/formats/index.ts";
import { manyEvents } from "../formats/events/random-events.ts";
import { temporaryFolder } from "../formats/temporary-folder.ts";
import { striate } from "./striate.ts";

test("info reads a recording of an event camera through, says what is corrupt, and draws it", async () => {
  const folder = await temporaryFolder();
  const sensor = { width: 64, height: 48 };
  const bytes = await writeEvents(manyEvents(20_000, sensor), { format: "evt2", sensor });
  bytes[bytes.length - 1] = 0x5f;
  const [file, png, svg] = ["a.raw", "a.png", "a.svg"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  writeFileSync(file, bytes);
  const { code, stdout } = await striate("info", file, "--png", png, "--svg", svg);
  expect(code).toBe(0);
  expect(stdout).toMatch(/format +Prophesee EVT 2\.0/);
  expect(stdout).toMatch(/sensor +64 × 48/);
  expect(stdout).toMatch(/events +19,999/);
  expect(stdout).toMatch(new RegExp(`at byte ${bytes.length - 4} +unknown type of record 0x5`));
  expect([...readFileSync(png).subarray(1, 4)]).toEqual([..."PNG"].map((letter) => letter.charCodeAt(0)));
  expect(readFileSync(svg, "utf8")).toMatch(/^<svg .*data:image\/png/);
  const { json } = JSON.parse((await striate("info", file, "--json")).stdout);
  expect(json).toMatchObject({ format: "evt2", events: 19_999, corrupt: { count: 1, bytes: 4 } });
});
