import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { scoreResponses, splitHalfReliability, tierTrials } from "../../src/cortex/metrics/index.ts";
import { readNpy } from "../../src/formats/npy.ts";
import { recordingOf } from "./metrics-recording.ts";

const path = fileURLToPath(
  new URL("../../../shared/data/macaque-v4/responses_raw/responses_210325.npy", import.meta.url),
);

test("a macaque session with unbalanced repeats has ceilings that agree with each other", (context) => {
  if (!existsSync(path))
    return context.skip("no responses_210325.npy in ../shared/data/macaque-v4/responses_raw");
  const { shape, data } = readNpy(readFileSync(path), "responses_210325.npy");
  const [neurons, images, most] = shape as [number, number, number];
  const imageOf: number[] = [];
  const rows: number[] = [];
  for (let image = 0; image < images; image++) {
    for (let repeat = 0; repeat < most; repeat++) {
      const row = Array.from({ length: neurons }, (_, neuron) =>
        Number(data[(neuron * images + image) * most + repeat]),
      );
      if (row.every(Number.isNaN)) continue;
      imageOf.push(image);
      rows.push(...row);
    }
  }
  const recording = recordingOf({ name: "PE 210325", imageOf, neurons, responses: Float32Array.from(rows) });
  const trials = tierTrials(recording, "test");
  expect(trials.repeats.some(({ length }) => length < most)).toBe(true);

  // As predictions, the mean of the even trials of each image: a noisy but honest model of the odd ones.
  const isOdd = (trial: number) => trials.repeats[imageOf[trial]!]!.indexOf(trial) % 2 === 1;
  const evens = trials.repeats.map((repeats) => [...repeats].filter((trial) => !isOdd(trial)));
  const odd = [...imageOf.keys()].filter(isOdd);
  const predictions = Float32Array.from(
    odd.flatMap((trial) => {
      const shown = evens[imageOf[trial]!]!;
      return Array.from(
        { length: neurons },
        (_, neuron) => shown.reduce((sum, even) => sum + rows[even * neurons + neuron]!, 0) / shown.length,
      );
    }),
  );
  const tierOf = imageOf.map((_, trial) => (isOdd(trial) ? ("test" as const) : ("train" as const)));
  const scores = scoreResponses({ recording: { ...recording, tierOf }, predictions, seed: 1 });

  const { fev, oracle, feve, normalizedCorrelation, singleTrial, toAverage } = scores;
  for (const value of fev!.perNeuron) expect(value).toBeLessThan(1);
  expect(fev!.mean.value).toBeGreaterThan(0);
  expect(oracle!.mean.low).toBeGreaterThan(0);
  expect(oracle!.mean.high).toBeLessThan(1);
  expect(feve!.mean.neurons).toBeGreaterThan(0);
  expect(feve!.mean.neurons).toBeLessThanOrEqual(neurons);
  expect(toAverage!.mean.value).toBeGreaterThan(singleTrial.mean.value);
  expect(normalizedCorrelation!.mean.value).toBeGreaterThan(toAverage!.mean.value);
  const reliability = splitHalfReliability(trials, { seed: 1 });
  const mean = reliability.reduce((sum, r) => sum + r, 0) / neurons;
  expect(mean).toBeGreaterThan(fev!.mean.value);
  expect(mean).toBeLessThan(1);
});
