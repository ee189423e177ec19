import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { openEventFile } from "../../../src/formats/events/files.node.ts";
import { loadEventNetwork } from "../../../src/recipes/stream/model.node.ts";
import { type StreamDecision, streamEvents } from "../../../src/recipes/stream/stream.ts";
import { WindowCounter } from "../../../src/recipes/stream/windows.ts";
import "../../../src/runtime/node.ts";
import { DenseEngine } from "../../../src/spiking/dense/index.ts";
import { ClassReadout } from "../../../src/spiking/readout.ts";
import { temporaryFolder } from "../../formats/temporary-folder.ts";

const shared = (path: string) => fileURLToPath(new URL(`../../../../shared/data/${path}`, import.meta.url));

it("decides streamed samples of N-MNIST as their labels say, the same in packets of any length", async (context) => {
  const [network, archive] = [shared("nir/cnn_sinabs.nir"), shared("nmnist-small.tar.gz")];
  if (!existsSync(network) || !existsSync(archive))
    return context.skip("no cnn_sinabs.nir or N-MNIST in ../shared/data");
  const folder = await temporaryFolder();
  if (spawnSync("tar", ["xzf", archive, "-C", folder]).status !== 0) return context.skip("no tar");
  const samples = readFileSync(join(folder, "nmnist-small/test100.txt"), "utf8")
    .trim()
    .split("\n")
    .slice(1, 21)
    .map((line) => line.trim().split(/\s+/).map(Number) as [number, number]);
  const { graph, input, output, classes, readout, notes } = await loadEventNetwork(network, 1000);
  expect(notes).toEqual([expect.stringContaining("a time step is 1")]);
  const run = async (engine: DenseEngine, sample: number, windows: number) => {
    const decisions: StreamDecision[] = [];
    engine.reset();
    const summary = await streamEvents(
      await openEventFile(join(folder, "nmnist-small", `${sample}.bs2`), { sensor: input }),
      {
        engine,
        output,
        window: 1000,
        readout: new ClassReadout(readout, 1, classes),
        counter: new WindowCounter({
          window: 1000,
          windows,
          input,
          placement: { scale: 1, left: 0, top: 0 },
          crops: false,
        }),
        onDecision: (decision) => decisions.push(decision),
      },
    );
    return { summary, decisions };
  };
  const engine = new DenseEngine(graph, { batch: 1, chunk: 10, input: "steps" });
  let right = 0;
  for (const [sample, label] of samples) {
    const { summary, decisions } = await run(engine, sample, 10);
    if (summary.decision?.decision === label) right++;
    expect(decisions.at(-1)!.decision).toBe(summary.decision!.decision);
    expect(summary.changes).toBe(decisions.length);
    expect(summary.packets).toBe(summary.steps / 10);
    expect(summary.firstDecision!.recorded).toBeCloseTo(1000 * decisions[0]!.seconds, 9);
  }
  console.log(`streamed: ${right} of ${samples.length} samples of N-MNIST right`);
  expect(right).toBe(samples.length);

  const [first] = samples[0]!;
  const single = new DenseEngine(graph, { batch: 1, chunk: 1, input: "steps" });
  const [coarse, fine] = [await run(engine, first, 10), await run(single, first, 1)];
  expect(fine.decisions).toEqual(coarse.decisions);
  expect(fine.summary.steps).toBeLessThanOrEqual(coarse.summary.steps);
  expect(fine.summary.events).toBe(coarse.summary.events);
  await engine.release();
  await single.release();
});
