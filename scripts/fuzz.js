// Mutates the files of a format and reads each mutant: only a StriateError may come of it, and that soon.
//   node scripts/fuzz.js <target> [mutations] [seed]
// Needs dist/ (node scripts/build.js). Prints one line of counts and costs; a mutant that fails is kept in runs/fuzz/.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { StriateError } from "../dist/src/error.js";
import { Random } from "../dist/src/runtime/random.js";
import { targets } from "./fuzz-targets.js";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
/** Milliseconds after which a case counts as one that hangs. */
const longestCase = 10_000;
/** Bytes beyond which a case counts as one that took more than its file is worth. */
const mostMemory = (fileBytes) => 32 * 2 ** 20 + 32 * fileBytes;

const kinds = [setByte, flipBit, removeBytes, insertByte, repeatBytes, cutEnd, changeLength, setExtreme];

function setByte(bytes, at, random) {
  bytes[at] = random.integer(256);
}

function flipBit(bytes, at, random) {
  bytes[at] ^= 1 << random.integer(8);
}

function removeBytes(bytes, at, random) {
  bytes.splice(at, 1 + random.integer(16));
}

function insertByte(bytes, at, random) {
  bytes.splice(at, 0, random.integer(256));
}

function repeatBytes(bytes, at, random) {
  bytes.splice(at, 0, ...bytes.slice(at, at + 1 + random.integer(64)));
}

function cutEnd(bytes, at) {
  bytes.length = at;
}

/** A number of variable length, as of protocol buffers, in place of one byte. */
function changeLength(bytes, at, random) {
  let value = 2 ** (random.uniform() * 63);
  const varint = [];
  for (; value >= 128; value /= 128) varint.push(128 | Math.floor(value % 128));
  bytes.splice(at, 1, ...varint, Math.floor(value));
}

/** The largest, the most negative, or nothing, in 4 or 8 bytes, little-endian. */
function setExtreme(bytes, at, random) {
  const width = random.integer(2) === 0 ? 4 : 8;
  const [most, last] = [
    [0xff, 0x7f],
    [0x00, 0x80],
    [0x00, 0x00],
    [0xff, 0xff],
  ][random.integer(4)];
  for (let index = 0; index < width && at + index < bytes.length; index++) {
    bytes[at + index] = index === width - 1 ? last : most;
  }
}

function mutate(original, random) {
  const bytes = Array.from(original);
  for (let left = 1 + random.integer(4); left > 0 && bytes.length > 0; left--) {
    kinds[random.integer(kinds.length)](bytes, random.integer(bytes.length), random);
  }
  return new Uint8Array(bytes);
}

/** The mutant of one number, whatever was read before it. */
function mutant(seeds, seed, number) {
  const random = new Random(seed).split(String(number));
  return mutate(seeds[number % seeds.length], random);
}

/** What lives in the heap and beside it, or did when it was last cleared. */
function heldBytes() {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** In the worker: reads the mutants one after another. `progress` tells which one is being read. */
async function readMutants({ target: name, mutations, seed, progress }) {
  const { seeds, parse } = targets.find((target) => target.name === name);
  const originals = seeds.map((path) => readFileSync(join(root, "test/fixtures", path)));
  for (const original of originals) await parse(new Uint8Array(original), "original");
  const result = { accepted: 0, refused: 0, slowest: { ms: 0 }, largest: { bytes: 0, file: 0 } };
  for (let number = 0; number < mutations; number++) {
    Atomics.store(progress, 0, number);
    const bytes = mutant(originals, seed, number);
    const held = heldBytes();
    const start = performance.now();
    try {
      await parse(bytes, "mutant.file");
      result.accepted++;
    } catch (error) {
      if (!(error instanceof StriateError)) return { failed: error?.stack ?? String(error), number };
      if (!error.message.includes("mutant.file")) return { failed: `no file name: ${error.message}`, number };
      result.refused++;
    }
    const ms = performance.now() - start;
    const growth = heldBytes() - held;
    if (growth > mostMemory(bytes.length)) {
      return { failed: `${growth} bytes for a file of ${bytes.length}`, number };
    }
    if (ms > result.slowest.ms) result.slowest = { ms, number };
    if (growth > result.largest.bytes) result.largest = { bytes: growth, file: bytes.length, number };
  }
  return { result };
}

/** In the main thread: starts the worker and watches that it goes on. */
function fuzz(target, mutations, seed) {
  const progress = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(fileURLToPath(import.meta.url), {
    workerData: { target: target.name, mutations, seed, progress },
    resourceLimits: { maxOldGenerationSizeMb: 1024 },
  });
  return new Promise((resolve) => {
    let seen = { number: 0, since: performance.now() };
    const watch = setInterval(() => {
      const number = Atomics.load(progress, 0);
      if (number !== seen.number) seen = { number, since: performance.now() };
      else if (performance.now() - seen.since > longestCase)
        finish({ failed: `hangs for ${longestCase} ms`, number });
    }, 250);
    const finish = (outcome) => {
      clearInterval(watch);
      worker.terminate();
      resolve(outcome);
    };
    worker.once("message", finish);
    worker.once("error", (error) => finish({ failed: error.message, number: Atomics.load(progress, 0) }));
  });
}

async function main() {
  const [name, mutations = "10000", seed = "1"] = process.argv.slice(2);
  const target = targets.find((one) => one.name === name);
  if (target === undefined || !(Number(mutations) > 0) || !Number.isSafeInteger(Number(seed))) {
    console.error("node scripts/fuzz.js <target> [mutations] [seed]");
    console.error(`targets: ${targets.map((one) => one.name).join(", ")}`);
    process.exit(2);
  }
  const start = performance.now();
  const { result, failed, number } = await fuzz(target, Number(mutations), Number(seed));
  if (failed !== undefined) {
    const originals = target.seeds.map((path) => readFileSync(join(root, "test/fixtures", path)));
    const path = join(root, "runs/fuzz", `${name}-${seed}-${number}.bin`);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, mutant(originals, Number(seed), number));
    console.error(`${name}: mutation ${number} of seed ${seed} (${path}): ${failed}`);
    process.exit(1);
  }
  const { accepted, refused, slowest, largest } = result;
  console.log(
    `${name}: ${mutations} mutations, seed ${seed}: ${accepted} accepted, ${refused} refused; ` +
      `slowest ${slowest.ms.toFixed(1)} ms (mutation ${slowest.number}); ` +
      `most memory ${(largest.bytes / 1024).toFixed(0)} KiB, for a file of ${largest.file} bytes (mutation ${largest.number}); ` +
      `${((performance.now() - start) / 1000).toFixed(1)} s`,
  );
}

if (isMainThread) await main();
else parentPort.postMessage(await readMutants(workerData));
