import { describe, expect, test } from "vitest";
import {
  type ConditionalScore,
  scoreResponses,
  splitHalfReliability,
  tierTrials,
} from "../../src/cortex/metrics/index.ts";
import { StriateError } from "../../src/error.ts";
import { Random } from "../../src/runtime/random.ts";
import { poisson, poissonRecording, recordingOf } from "./metrics-recording.ts";

const mean = (values: ArrayLike<number>) => Array.from(values).reduce((sum, x) => sum + x, 0) / values.length;

/** Correlation of a neuron's true means with its Poisson responses: √(Var μ / (Var μ + mean μ)). */
function analyticCeiling(expected: Float32Array, neurons: number): Float64Array {
  return new Float64Array(neurons).map((_, neuron) => {
    const means = Array.from(expected).filter((_, i) => i % neurons === neuron);
    const centre = mean(means);
    const variance = mean(means.map((mu) => (mu - centre) ** 2));
    return Math.sqrt(variance / (variance + centre));
  });
}

describe("on Poisson responses whose means are known", () => {
  const [images, repeats, neurons] = [120, 10, 60];
  const recording = poissonRecording(images, repeats, neurons, new Random(5));
  const expected = recording.expected!;
  const truth = scoreResponses({ recording, predictions: expected, seed: 1 });

  test("the true means reach every ceiling", () => {
    expect(truth).toMatchObject({ trials: 1200, images: 120, repeats: [10, 10], absent: {} });
    expect(truth.feve!.mean.value).toBeGreaterThan(0.98);
    expect(truth.feve!.mean.value).toBeLessThan(1.02);
    expect(truth.normalizedCorrelation!.mean.value).toBeGreaterThan(0.99);
    expect(truth.normalizedCorrelation!.mean.value).toBeLessThan(1.01);
    expect(truth.ceiling!.perNeuron).toEqual(truth.singleTrial.perNeuron);
    expect(truth.ceiling!.share).toEqual({ value: 1, low: 1, high: 1, neurons });
  });

  test("the single-trial ceiling is what Poisson noise leaves, for each neuron", () => {
    const analytic = analyticCeiling(expected, neurons);
    expect(Math.abs(truth.ceiling!.mean.value - mean(analytic))).toBeLessThan(0.005);
    // The deviation of a correlation over 1200 trials is about 0.03.
    for (const [neuron, ceiling] of analytic.entries())
      expect(Math.abs(truth.ceiling!.perNeuron[neuron]! - ceiling)).toBeLessThan(0.12);
    // FEV is the ceiling squared.
    const squared = mean(analytic.map((ceiling) => ceiling ** 2));
    expect(Math.abs(truth.fev!.mean.value - squared)).toBeLessThan(0.01);
  });

  test("the oracle stays below the ceiling by the noise of the other repeats", () => {
    const { oracle, ceiling } = truth;
    expect(oracle!.mean.value).toBeLessThan(ceiling!.mean.value);
    // E[oracle] ≈ c² / √(c² + (1 − c²) / 9) with the ceiling c: Cov / √(Var r · Var of the mean of nine).
    const analytic = analyticCeiling(expected, neurons).map(
      (c) => c ** 2 / Math.sqrt(c ** 2 + (1 - c ** 2) / 9),
    );
    expect(Math.abs(oracle!.mean.value - mean(analytic))).toBeLessThan(0.01);
  });

  test("Spearman and Brown's formula gives the squared ceiling of the correlation to average", () => {
    const reliability = splitHalfReliability(tierTrials(recording, "test"), { seed: 2 });
    const squared = truth.toAverage!.perNeuron.map((r) => r ** 2);
    expect(Math.abs(mean(reliability) - mean(squared))).toBeLessThan(0.01);
  });

  test("a worse model has lower scores, a share below 1, and the same oracle", () => {
    const random = new Random(8);
    const predictions = expected.map((mu) => mu + 2 * random.normal());
    const scores = scoreResponses({ recording, predictions, seed: 1 });
    for (const name of ["singleTrial", "toAverage", "feve", "normalizedCorrelation"] as const)
      expect(scores[name]!.mean.high).toBeLessThan(truth[name]!.mean.low);
    expect(scores.ceiling!.share.value).toBeCloseTo(
      scores.singleTrial.mean.value / truth.ceiling!.mean.value,
      12,
    );
    expect(scores.ceiling!.share.high).toBeLessThan(0.95);
    expect(scores.oracle).toEqual(truth.oracle);
    expect(scores.fev).toEqual(truth.fev);
  });

  test("holes and unbalanced repeats leave the ceilings where they are", () => {
    const random = new Random(3);
    const responses = recording.responses.map((r) => (random.uniform() < 0.5 ? Number.NaN : r));
    const scores = scoreResponses({ recording: { ...recording, responses }, predictions: expected, seed: 1 });
    expect(Math.abs(scores.feve!.mean.value - 1)).toBeLessThan(0.03);
    expect(Math.abs(scores.normalizedCorrelation!.mean.value - 1)).toBeLessThan(0.015);
    expect(Math.abs(scores.ceiling!.mean.value - truth.ceiling!.mean.value)).toBeLessThan(0.01);
    expect(Math.abs(scores.fev!.mean.value - truth.fev!.mean.value)).toBeLessThan(0.02);
  });
});

describe("neurons that cannot be predicted", () => {
  // 0 follows the image, 1 is noise alone, 2 is constant, 3 was never recorded.
  const random = new Random(11);
  const imageOf = Array.from({ length: 200 }, (_, trial) => trial % 40);
  const rows = imageOf.map((image) => [
    poisson(1 + (image % 7), random),
    poisson(3, random),
    0.1,
    Number.NaN,
  ]);
  const recording = recordingOf({ imageOf, neurons: 4, responses: Float32Array.from(rows.flat()) });
  const predictions = Float32Array.from(
    imageOf.flatMap((image) => new Array<number>(4).fill(1 + (image % 7))),
  );
  const scores = scoreResponses({ recording, predictions, seed: 4 });

  test("score 0 in correlations and are not part of means that they have no value for", () => {
    expect([...scores.singleTrial.perNeuron.subarray(2)]).toEqual([0, 0]);
    expect(scores.singleTrial.mean.neurons).toBe(4);
    expect([...scores.toAverage!.perNeuron.subarray(2)]).toEqual([0, 0]);
    expect([...scores.fev!.perNeuron.subarray(2)]).toEqual([0, Number.NaN]);
    expect([...scores.oracle!.perNeuron.subarray(2)]).toEqual([0, Number.NaN]);
    for (const name of ["feve", "normalizedCorrelation"] as const) {
      expect([...scores[name]!.perNeuron.subarray(1)]).toEqual([Number.NaN, Number.NaN, Number.NaN]);
      expect(scores[name]!.mean.neurons).toBe(1);
      expect(scores[name]!.mean.value).toBe(scores[name]!.perNeuron[0]);
    }
  });

  test("leave FEVE out with the reason when there are no others, unless it is required", () => {
    const noise = {
      ...recording,
      responses: recording.responses.map((r, i) => (i % 4 === 0 ? Number.NaN : r)),
    };
    const without = scoreResponses({ recording: noise, predictions, seed: 4 });
    expect(without.feve).toBeUndefined();
    expect(without.absent.feve).toBe("no neuron has an FEV of at least 0.15");
    expect(Number.isFinite(without.oracle!.mean.value)).toBe(true);
    expect(() => scoreResponses({ recording: noise, predictions, seed: 4, required: ["feve"] })).toThrow(
      "mouse, tier test: feve was asked for, but no neuron has an FEV of at least 0.15",
    );
  });
});

describe("a recording without repeats", () => {
  const recording = recordingOf({
    name: "RA 210621",
    imageOf: [0, 1, 2, 3, 4],
    neurons: 2,
    responses: Float32Array.of(0, 1, 1, 0, 2, 5, 4, 4, 3, 3),
    tierOf: ["train", "test", "test", "test", "validation"],
  });
  const predictions = Float32Array.of(1, 1, 2, 3, 4, 4);

  test("has the single-trial correlation, and a reason for each other metric", () => {
    const scores = scoreResponses({ recording, predictions, seed: 1 });
    expect(scores).toMatchObject({
      trials: 3,
      images: 3,
      repeats: [1, 1],
      tier: "test",
      subject: "RA 210621",
    });
    expect(scores.singleTrial.mean.value).toBeGreaterThan(0.5);
    const names: ConditionalScore[] = [
      "toAverage",
      "fev",
      "feve",
      "oracle",
      "normalizedCorrelation",
      "ceiling",
    ];
    expect(Object.keys(scores.absent).sort()).toEqual([...names].sort());
    for (const name of names) expect(name in scores).toBe(false);
    expect(scores.absent.feve).toBe("no image was shown twice");
  });

  test("cannot be asked for others", () => {
    for (const name of ["feve", "oracle"] as const) {
      const asked = () => scoreResponses({ recording, predictions, seed: 1, required: [name] });
      expect(asked).toThrow(StriateError);
      expect(asked).toThrow(
        `RA 210621, tier test: ${name} was asked for, but no image was shown twice. Import the recording with --repeats`,
      );
    }
    expect(() => scoreResponses({ recording, predictions, seed: 1, required: ["ceiling"] })).toThrow(
      /oracle/,
    );
  });

  test("takes predictions of the tier's trials only, all of them finite", () => {
    expect(() => scoreResponses({ recording, predictions: new Float32Array(10), seed: 1 })).toThrow(
      "RA 210621, tier test: 10 predictions, expected 6 (3 trials × 2 neurons)",
    );
    expect(() =>
      scoreResponses({ recording, predictions: predictions.with(3, Number.NaN), seed: 1 }),
    ).toThrow("RA 210621, tier test: the prediction for trial 1, neuron 1 is NaN");
    expect(() => scoreResponses({ recording, tier: "final_test", predictions, seed: 1 })).toThrow(
      'no trial has the tier "final_test"; the tiers there are: train, validation, test',
    );
  });
});
