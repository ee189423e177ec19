/**
 * The quickstart network, T = 7, in Chromium: `node dist/bench/browser.js [--rounds 9] [--seconds 0.5] [--patience 60]`.
 * Every engine runs natively, in a page with threads (cross-origin isolated) and in one without, in turn; the table
 * gives each page's rate as a share of the native one, and goes to runs/bench/browser.json too.
 */
import { availableParallelism, cpus } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { Page } from "playwright-core";
import { rolldown } from "rolldown";
import { StriateError } from "../src/error.ts";
import { makeFolder, writeFileAtomic } from "../src/formats/index.node.ts";
import { encodeSpikingGraph } from "../src/spiking/graph/index.ts";
import { findChromium, launchChromium } from "../test/browser/chromium.ts";
import { servePages } from "../test/browser/serve.ts";
import { Runs, type Setup } from "./browser-runs.ts";
import { distance, median } from "./compare.ts";
import { engines } from "./engine-kinds.ts";
import { IdleWatch } from "./idle.ts";
import { quickstartSubjects } from "./spiking-engines.ts";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const batches = [1, 32];
const tolerance = 1e-2;

/** Where an engine runs. */
interface Place {
  readonly name: string;
  readonly threads: number;
  prepare(setup: Setup): Promise<{ readonly index: number; readonly logits: number[] }>;
  round(index: number, seconds: number): Promise<number>;
}

function native(threads: number): Place {
  const runs = new Runs(threads);
  return {
    name: "native",
    threads,
    prepare: (setup) => runs.prepare(setup),
    round: (index, seconds) => runs.round(index, seconds),
  };
}

async function inPage(page: Page, url: string, name: string): Promise<Place> {
  await page.goto(url);
  await page.waitForFunction(() => window.runs !== undefined);
  return {
    name,
    threads: await page.evaluate(() => window.threads),
    prepare: (setup) => page.evaluate((setup) => window.runs.prepare(setup), setup),
    round: (index, seconds) =>
      page.evaluate(({ index, seconds }) => window.runs.round(index, seconds), { index, seconds }),
  };
}

async function bundle(): Promise<string> {
  const built = await rolldown({ input: join(root, "bench", "browser-page.ts"), platform: "browser" });
  const { output } = await built.generate({ format: "esm", codeSplitting: false });
  await built.close();
  return output[0].code;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rounds: { type: "string", default: "9" },
      seconds: { type: "string", default: "0.5" },
      patience: { type: "string", default: "60" },
    },
  });
  const path = findChromium();
  if (path === undefined) throw new StriateError("there is no Chromium on PATH", "Set CHROMIUM_PATH");
  const threads = availableParallelism();
  const [subject] = await quickstartSubjects({ threads, lowering: "auto" });
  const { graph, steps, images, shape } = subject!;
  const pixels = shape.reduce((product, extent) => product * extent, 1);
  const encoded = Buffer.from(encodeSpikingGraph(graph, {})).toString("base64");
  const server = await servePages(await bundle());
  const browser = await launchChromium(path);
  const watch = new IdleWatch(Number(values.patience));
  try {
    const page = async (folder: string, name: string) =>
      inPage(await browser.newPage(), `${server.origin}/${folder}/`, name);
    const places = [
      native(threads),
      await page("threads", "Chromium, threads"),
      await page("plain", "Chromium, no threads"),
    ];
    console.log(`${subject!.name}, T = ${steps}; ${cpus()[0]?.model}, Chromium ${browser.version()}`);
    const results: object[] = [];
    for (const { name: engine, approximates } of engines) {
      for (const batch of batches) {
        const setup = { engine, graph: encoded, images: [...images.slice(0, batch * pixels)], batch, steps };
        const prepared = [];
        for (const place of places) prepared.push(await place.prepare(setup));
        const rounds: number[][] = places.map(() => []);
        for (let round = 0; round <= Number(values.rounds); round++) {
          for (const [i, place] of places.entries()) {
            await watch.wait();
            const milliseconds = await place.round(prepared[i]!.index, Number(values.seconds));
            // The first round is for the browser's compilers.
            if (round > 0) rounds[i]!.push(milliseconds);
          }
        }
        console.log(`  ${engine}, batch ${batch}`);
        for (const [i, { name, threads }] of places.entries()) {
          const milliseconds = median(rounds[i]!);
          const share = median(rounds[0]!) / milliseconds;
          const difference = distance(prepared[0]!.logits, prepared[i]!.logits);
          const agrees = difference <= tolerance ? "" : "  LOGITS DISAGREE";
          console.log(
            `    ${`${name} (${threads})`.padEnd(26)}${milliseconds.toPrecision(3).padStart(8)} ms  ${(100 * share).toFixed(0).padStart(4)} % of the native rate${agrees}`,
          );
          results.push({
            engine,
            approximates,
            batch,
            place: name,
            threads,
            milliseconds,
            share,
            difference,
            rounds: rounds[i],
          });
        }
      }
    }
    const folder = join(root, "runs", "bench");
    await makeFolder(folder);
    const record = {
      date: new Date().toISOString(),
      chromium: browser.version(),
      disturbed: watch.gaveUp,
      results,
    };
    await writeFileAtomic(join(folder, "browser.json"), `${JSON.stringify(record, null, 2)}\n`);
  } finally {
    await browser.close();
    server.close();
  }
}

try {
  await main();
} catch (error) {
  console.error(error instanceof StriateError ? `bench: ${error.message}` : error);
  process.exitCode = 1;
}
