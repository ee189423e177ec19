import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { blockSize } from "../../src/node.ts";
import { findChromium, launchChromium } from "./chromium.ts";
import { type Arrays, events, randomBits, smallestMargin, spiking, training } from "./computations.ts";
import { bundlePage, servePages } from "./serve.ts";

const path = findChromium();
if (path === undefined) {
  console.warn("The browser tests are skipped: no Chromium on PATH. Install chromium, or set CHROMIUM_PATH");
}
const lowerings = (await blockSize()) > 0 ? (["portable", "blocked"] as const) : (["portable"] as const);

/** The largest difference in one array, relative to its largest value. */
function difference(given: readonly number[], expected: readonly number[]): number {
  const largest = Math.max(...expected.map(Math.abs));
  return Math.max(...given.map((value, i) => Math.abs(value - expected[i]!))) / largest;
}

function expectClose(given: Arrays, expected: Arrays): void {
  expect(Object.keys(given).sort()).toEqual(Object.keys(expected).sort());
  for (const [name, values] of Object.entries(expected)) {
    expect(given[name]!.length, name).toBe(values.length);
    expect(difference(given[name]!, values), name).toBeLessThan(1e-5);
  }
}

const named = (arrays: Arrays, pattern: RegExp): Arrays =>
  Object.fromEntries(Object.entries(arrays).filter(([name]) => pattern.test(name)));

describe.skipIf(path === undefined)("in Chromium", () => {
  let browser: Browser;
  let server: Awaited<ReturnType<typeof servePages>>;

  beforeAll(async () => {
    server = await servePages(await bundlePage());
    browser = await launchChromium(path!);
  });
  afterAll(async () => {
    await browser?.close();
    server?.close();
  });

  /** Opens a page and calls `use` with it and the warnings that it prints. */
  async function inPage<Result>(address: string, use: (page: Page, warnings: string[]) => Promise<Result>) {
    const page = await browser.newPage();
    try {
      const warnings: string[] = [];
      page.on("console", (message) => message.type() === "warning" && warnings.push(message.text()));
      await page.goto(`${server.origin}${address}`);
      return await use(page, warnings);
    } finally {
      await page.close();
    }
  }

  const runSpiking = (page: Page) => page.evaluate(() => window.striate.spiking());

  describe.each([
    ["with threads", "/threads/?files=/runtime/"],
    ["without threads", "/plain/?files=/runtime/"],
  ])("%s", (kind, address) => {
    let results: { random: Arrays; spiking: Arrays; training: Arrays };

    it("runs on onnxruntime-web with the threads that the page may have", async () => {
      await inPage(address, async (page) => {
        results = await page.evaluate(async () => ({
          random: window.striate.randomBits(),
          spiking: await window.striate.spiking(),
          training: await window.striate.training(),
        }));
        const { backend, isolated, threads, cores } = await page.evaluate(() => window.striate.describe());
        expect({ backend, isolated }).toEqual({
          backend: "onnxruntime-web",
          isolated: kind === "with threads",
        });
        expect(threads).toBe(isolated ? Math.min(4, cores) : 1);
        expect(page.workers().length).toBe(threads - 1);
      });
    });

    it("runs the event engine with the bits that it has in Node, on threads where the page may have some", async () => {
      await inPage(address, async (page) => {
        const { isolated, cores, kernelThreads } = await page.evaluate(() => window.striate.describe());
        expect(kernelThreads).toBe(isolated ? Math.min(4, cores) : 1);
        const given = await page.evaluate(() => window.striate.events());
        const expected = await events();
        expect(
          Object.values(expected)
            .flat()
            .some((value) => value !== 0),
        ).toBe(true);
        expect(given).toEqual(expected);
      });
    });

    it("draws the same random numbers as Node, bit for bit", () => {
      expect(results.random).toEqual(randomBits());
    });

    it.each(lowerings)("runs a converted spiking network as Node does (%s)", async (lowering) => {
      const expected = await spiking(lowering);
      expect(smallestMargin(expected), "rounding must not decide about a spike").toBeGreaterThan(1e-5);
      const spikes = named(expected, /^spikes/);
      expect(new Set(Object.values(spikes).flat())).toEqual(new Set([0, 1, -1]));
      expect(named(results.spiking, /^spikes/)).toEqual(spikes);
      expectClose(results.spiking, expected);
    });

    it.each(lowerings)("trains as Node does (%s)", async (lowering) => {
      expectClose(results.training, await training(lowering));
    });
  });

  it("needs no setRuntimeFiles where a bundler has put the .wasm beside the program; one thread then", async () => {
    await inPage("/threads/", async (page) => {
      expectClose(await runSpiking(page), await spiking("portable"));
      expect(await page.evaluate(() => window.striate.describe())).toMatchObject({
        isolated: true,
        threads: 1,
      });
      const tooLate = page.evaluate(() => window.striate.setRuntimeFiles("/runtime/"));
      await expect(tooLate).rejects.toThrow("setRuntimeFiles was called after the runtime had started");
    });
  });

  it("takes another folder after a wrong one; one thread, with the reason, when workers could not load it", async () => {
    await inPage("/threads/?files=/nowhere/", async (page, warnings) => {
      await expect(runSpiking(page)).rejects.toThrow("404");
      await page.evaluate(() => window.striate.setRuntimeFiles("/runtime-without-headers"));
      expect(await runSpiking(page)).toHaveProperty("logits");
      expect((await page.evaluate(() => window.striate.describe())).threads).toBe(1);
      expect(warnings.join()).toContain("/runtime-without-headers/ort-wasm-simd-threaded.mjs comes without");
    });
  });

  it.each([
    [
      "/nowhere/",
      /the server answered 404 for http:\S+\/nowhere\/ort-wasm-simd-threaded\.mjs\. Serve .* setRuntimeFiles/,
    ],
    [
      "/script-only",
      /the server answered 404 for http:\S+\/script-only\/ort-wasm-simd-threaded\.wasm\. .*load the page anew/,
    ],
    ["/web-pages/", /sent http:\S+\.mjs as text\/html.*, expected text\/javascript/],
    ["http://localhost:1/", /http:\/\/localhost:1\/ort-wasm-simd-threaded\.mjs could not be fetched/],
  ])("explains what is wrong with runtime files at %s", async (files, message) => {
    await expect(inPage(`/plain/?files=${files}`, runSpiking)).rejects.toThrow(message);
  });
});
