// Writes test/fixtures/events/: a small recording in each format, by Striate's own writers, and one whose packet the
// program zstd compressed. Needs dist/ and zstd. Run from the repository's root: node reference/event_seeds.js
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { writeEvents } from "../dist/src/formats/index.js";

const folder = "test/fixtures/events/";
mkdirSync(folder, { recursive: true });
const count = 120;
const sensor = { width: 64, height: 48 };
const events = {
  x: Uint16Array.from({ length: count }, (_, i) => (i * 7 + (i % 5)) % 64),
  y: Uint16Array.from({ length: count }, (_, i) => Math.floor(i / 6) % 48),
  t: Float64Array.from({ length: count }, (_, i) => 3000 + Math.floor(i / 3) * 50),
  p: Uint8Array.from({ length: count }, (_, i) => Math.floor(i / 4) % 2),
  count,
};
const write = async (name, format, compression) => {
  const bytes = await writeEvents(events, { format, sensor, compression });
  writeFileSync(folder + name, bytes);
  return bytes;
};
await write("aedat2.aedat", "aedat2");
await write("aedat3.aedat", "aedat3");
await write("dat.dat", "dat");
await write("evt2.raw", "evt2");
await write("evt21.raw", "evt2.1");
await write("evt3.raw", "evt3");
await write("atis.bin", "atis");
await write("lz4.aedat4", "aedat4", "lz4");
const plain = await write("none.aedat4", "aedat4", "none");

const view = new DataView(plain.buffer);
const head = 14 + 4 + view.getUint32(14, true);
const { stdout, status } = spawnSync("zstd", ["-19", "-c"], { input: plain.subarray(head + 8) });
if (status !== 0) throw new Error("zstd failed");
const packed = new Uint8Array(head + 8 + stdout.length);
packed.set(plain.subarray(0, head + 8));
packed.set(stdout, head + 8);
const packedView = new DataView(packed.buffer);
packedView.setInt32(head + 4, stdout.length, true);
// the header's table begins 24 bytes into its FlatBuffer, with its offset to the layout; then comes the compression
packedView.setInt32(14 + 4 + 24 + 4, 3, true);
writeFileSync(`${folder}zstd.aedat4`, packed);
