import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  correlations,
  correlationToAverage,
  explainableVariance,
  explainedVariance,
  meanCorrelation,
  normalizedCorrelation,
  oracleCorrelation,
  splitHalfReliability,
  tierTrials,
} from "../../src/cortex/metrics/index.ts";
import { StriateError } from "../../src/error.ts";
import { readFixture } from "../tensor/fixture.ts";
import { recordingOf } from "./metrics-recording.ts";

type Stored = readonly (number | "NaN" | "Infinity" | "-Infinity")[];

interface Case {
  readonly name: string;
  readonly neurons: number;
  readonly imageOf: readonly number[];
  readonly responses: Stored;
  readonly predictions: Stored;
  readonly expected: Readonly<
    Record<
      | "singleTrial"
      | "toAverage"
      | "oracle"
      | "fev"
      | "feve"
      | "neuralpredictorsFev"
      | "neuralpredictorsFeve",
      Stored
    >
  >;
  readonly schoppe?: Readonly<
    Record<"signalPower" | "averageVariance" | "normalizedCorrelation", readonly number[]>
  >;
}

const { cases } = readFixture<{ readonly cases: readonly Case[] }>("response_metrics");

const floats = (stored: Stored) => Float32Array.from(stored, Number);

/** Each number within 1e-6 of the stored one, NaN for NaN. */
function expectClose(actual: Float64Array, expected: Stored): void {
  expect(actual.length).toBe(expected.length);
  for (const [neuron, value] of expected.entries()) {
    if (value === "NaN") expect(actual[neuron]).toBeNaN();
    else
      expect(Math.abs(actual[neuron]! - Number(value))).toBeLessThan(
        1e-6 * Math.max(1, Math.abs(Number(value))),
      );
  }
}

describe.each(cases)(
  "$name, beside neuralpredictors",
  ({ neurons, imageOf, expected, schoppe, ...stored }) => {
    const responses = floats(stored.responses);
    const predictions = floats(stored.predictions);
    const trials = tierTrials(recordingOf({ imageOf, neurons, responses }), "test");

    test("correlations", () => {
      expectClose(correlations(predictions, responses, imageOf.length, neurons), expected.singleTrial);
      expectClose(correlationToAverage(trials, predictions), expected.toAverage);
      expectClose(oracleCorrelation(trials), expected.oracle);
      const mean = expected.singleTrial.map(Number).reduce((sum, r) => sum + r) / neurons;
      expect(meanCorrelation(predictions, responses, imageOf.length, neurons)).toBeCloseTo(mean, 6);
    });

    test("explained variance", () => {
      const { fev } = explainableVariance(trials);
      const feve = explainedVariance(trials, predictions);
      expectClose(fev, expected.fev);
      expectClose(feve, expected.feve);
      for (const [neuron, theirs] of expected.neuralpredictorsFev.entries()) {
        if (!Number.isFinite(Number(theirs))) continue;
        expect(fev[neuron]).toBeCloseTo(Number(theirs), 6);
        if (!Number.isNaN(feve[neuron]!))
          expect(feve[neuron]).toBeCloseTo(Number(expected.neuralpredictorsFeve[neuron]), 5);
      }
    });
  },
);

test.each(cases.filter(({ schoppe }) => schoppe !== undefined))(
  "$name: normalised correlation by the equations of Schoppe et al.",
  ({ neurons, imageOf, responses, predictions, schoppe }) => {
    // In these data sweeps do not differ: the paper's noise has (T − 1)(N − 1) degrees of freedom, ours T (N − 1), for
    // the same sum of squares.
    const { signalPower, averageVariance, normalizedCorrelation: theirs } = schoppe!;
    const images = new Set(imageOf).size;
    const expected = theirs.map((value, neuron) => {
      const noise = (averageVariance[neuron]! - signalPower[neuron]!) * ((images - 1) / images);
      return value * Math.sqrt(signalPower[neuron]! / (averageVariance[neuron]! - noise));
    });
    const trials = tierTrials(recordingOf({ imageOf, neurons, responses: floats(responses) }), "test");
    expectClose(normalizedCorrelation(trials, floats(predictions)), expected);
  },
);

test("neuralpredictors' explained variance is finite often enough to be compared", () => {
  const finite = cases
    .flatMap(({ expected }) => expected.neuralpredictorsFev.map(Number))
    .filter(Number.isFinite);
  expect(finite.length).toBeGreaterThan(25);
});

/** The definition, in two passes over the pairs of one neuron. */
function definition(predictions: readonly number[], responses: readonly number[]): number {
  const pairs = responses.flatMap((r, i) => (Number.isNaN(r) ? [] : [[predictions[i]!, r] as const]));
  const z = (values: readonly number[]) => {
    const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
    const deviation = Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length);
    return values.map((x) => (x - mean) / deviation);
  };
  const p = z(pairs.map(([x]) => x));
  const r = z(pairs.map(([, x]) => x));
  return p.reduce((sum, x, i) => sum + x * r[i]!, 0) / pairs.length;
}

const value = fc.integer({ min: -1000, max: 1000 }).map((n) => n / 64);
const columns = fc.array(fc.tuple(value, fc.option(value, { nil: Number.NaN, freq: 6 })), {
  minLength: 2,
  maxLength: 60,
});
const distinct = (values: readonly number[]) => new Set(values.filter((x) => !Number.isNaN(x))).size;
const varied = columns.filter(
  (rows) =>
    distinct(rows.map(([, r]) => r)) > 1 &&
    distinct(rows.filter(([, r]) => !Number.isNaN(r)).map(([p]) => p)) > 1,
);

describe("correlation", () => {
  const one = (p: readonly number[], r: readonly number[]) =>
    correlations(Float64Array.from(p), Float64Array.from(r), p.length, 1)[0]!;

  test("is the mean of z(r)·z(p) over the recorded trials", () => {
    fc.assert(
      fc.property(varied, (rows) => {
        const [p, r] = [rows.map(([x]) => x), rows.map(([, x]) => x)];
        expect(one(p, r)).toBeCloseTo(definition(p, r), 10);
      }),
    );
  });

  test("does not see the scale or the offset of predictions, and changes sign with them", () => {
    fc.assert(
      fc.property(varied, fc.double({ min: 0.01, max: 100, noNaN: true }), value, (rows, scale, offset) => {
        const [p, r] = [rows.map(([x]) => x), rows.map(([, x]) => x)];
        const plain = one(p, r);
        expect(
          one(
            p.map((x) => scale * x + offset),
            r,
          ),
        ).toBeCloseTo(plain, 8);
        expect(
          one(
            p.map((x) => offset - scale * x),
            r,
          ),
        ).toBeCloseTo(-plain, 8);
      }),
    );
  });

  test("is 0 for whatever does not vary, and for neurons that were not recorded", () => {
    const trials = 33;
    const predictions = new Float32Array(trials * 4).map((_, i) => Math.sin(i));
    const responses = new Float32Array(trials * 4).map((_, i) => Math.cos(i * i));
    for (let trial = 0; trial < trials; trial++) {
      responses[trial * 4] = 0.1;
      predictions[trial * 4 + 1] = 1 / 3;
      responses[trial * 4 + 2] = Number.NaN;
      if (trial > 0) responses[trial * 4 + 3] = Number.NaN;
    }
    responses[5 * 4] = Number.NaN;
    expect([...correlations(predictions, responses, trials, 4)]).toEqual([0, 0, 0, 0]);
    expect(meanCorrelation(predictions, responses, trials, 4)).toBe(0);
  });

  test("keeps its digits with a mean that is large beside the deviation", () => {
    const r = Array.from({ length: 200 }, (_, i) => Math.sin(i) + 0.5 * Math.sin(2.7 * i));
    const p = Array.from({ length: 200 }, (_, i) => Math.sin(i));
    const raised = (values: readonly number[]) => values.map((x) => x + 1e7);
    expect(one(raised(p), raised(r))).toBeCloseTo(one(p, r), 7);
  });

  test("names the prediction that is not finite", () => {
    const predictions = new Float32Array(20 * 3).map((_, i) => i);
    const responses = predictions.slice();
    predictions[17 * 3 + 2] = Number.POSITIVE_INFINITY;
    expect(() => meanCorrelation(predictions, responses, 20, 3)).toThrow(/trial 17, neuron 2 is Infinity/);
    responses[17 * 3 + 2] = Number.NaN;
    expect(meanCorrelation(predictions, responses, 20, 3)).toBe(1);
  });
});

/** Balanced repeats of a neuron: responses by image and repeat. */
const balanced = fc
  .tuple(fc.integer({ min: 2, max: 8 }), fc.integer({ min: 2, max: 6 }))
  .chain(([images, repeats]) =>
    fc.record({
      images: fc.constant(images),
      repeats: fc.constant(repeats),
      responses: fc.array(value, { minLength: images * repeats, maxLength: images * repeats }),
    }),
  );

const balancedTrials = (images: number, repeats: number, responses: readonly number[]) =>
  tierTrials(
    recordingOf({
      imageOf: Array.from({ length: images * repeats }, (_, trial) => trial % images),
      neurons: 1,
      responses: Float32Array.from(responses),
    }),
    "test",
  );

describe("explained variance", () => {
  test("of the mean over repeats passes 1 by what was fitted to noise, σ²_noise / repeats", () => {
    let compared = 0;
    fc.assert(
      fc.property(balanced, ({ images, repeats, responses }) => {
        const trials = balancedTrials(images, repeats, responses);
        const { total, noise, fev } = explainableVariance(trials);
        const averages = responses.map((_, trial) => {
          const same = responses.filter((_, other) => other % images === trial % images);
          return same.reduce((sum, x) => sum + x, 0) / repeats;
        });
        const feve = explainedVariance(trials, Float32Array.from(averages))[0]!;
        if (fev[0]! >= 0.15) {
          compared++;
          const explainable = total[0]! - noise[0]!;
          expect(feve).toBeCloseTo(1 + noise[0]! / repeats / explainable, 4);
        } else expect(feve).toBeNaN();
      }),
    );
    expect(compared).toBeGreaterThan(10);
  });

  test("of the neuron's own mean is 0 but for the degree of freedom that the mean takes", () => {
    const responses = Array.from({ length: 40 }, (_, trial) => (trial % 10) + Math.sin(7 * trial));
    const trials = balancedTrials(10, 4, responses);
    const { total, noise } = explainableVariance(trials);
    const mean = responses.reduce((sum, x) => sum + x) / 40;
    const feve = explainedVariance(trials, new Float32Array(40).fill(mean))[0]!;
    expect(feve).toBeCloseTo(total[0]! / 40 / (total[0]! - noise[0]!), 6);
  });
});

test("without noise every ceiling is 1", () => {
  const trials = balancedTrials(
    6,
    3,
    Array.from({ length: 18 }, (_, trial) => (trial % 6) ** 2),
  );
  const { fev, noise } = explainableVariance(trials);
  expect([fev[0], noise[0]]).toEqual([1, 0]);
  expect(oracleCorrelation(trials)[0]).toBeCloseTo(1, 12);
  expect(splitHalfReliability(trials, { seed: 1 })[0]).toBeCloseTo(1, 12);
  const linear = Float32Array.from({ length: 18 }, (_, trial) => trial % 6);
  const toAverage = correlationToAverage(trials, linear)[0]!;
  expect(normalizedCorrelation(trials, linear)[0]).toBeCloseTo(toAverage, 12);
  expect(toAverage).toBeCloseTo(definition([0, 1, 2, 3, 4, 5], [0, 1, 4, 9, 16, 25]), 6);
});

describe("a neuron that some repeats lack", () => {
  const nan = Number.NaN;
  // Images 0, 1, 2 with three repeats; neuron 0 all there, 1 with holes, 2 never twice, 3 never.
  const imageOf = [0, 0, 0, 1, 1, 1, 2, 2, 2];
  const rows = [
    [1, 1, 1, nan],
    [2, 2, nan, nan],
    [3, nan, nan, nan],
    [5, nan, 2, nan],
    [4, nan, nan, nan],
    [6, 6, nan, nan],
    [9, 9, nan, nan],
    [8, 8, 3, nan],
    [7, 5, nan, nan],
  ];
  const trials = tierTrials(
    recordingOf({ imageOf, neurons: 4, responses: Float32Array.from(rows.flat()) }),
    "test",
  );
  const predictions = Float32Array.from(rows.flatMap((_, trial) => [trial, trial, trial, trial]));

  test("has the numbers of the repeats that are there", () => {
    const { fev, noise, total } = explainableVariance(trials);
    expect(noise[0]).toBeCloseTo(1, 12);
    // Image 0: variance of 1, 2 = 0.5; image 1 has one response; image 2: variance of 9, 8, 5 = 13/3.
    expect(noise[1]).toBeCloseTo((0.5 + 13 / 3) / 2, 12);
    const kept = [1, 2, 6, 9, 8, 5];
    const mean = kept.reduce((sum, x) => sum + x) / 6;
    expect(total[1]).toBeCloseTo(kept.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 5, 12);
    expect([...fev.subarray(2)]).toEqual([nan, nan]);
    const oracle = oracleCorrelation(trials);
    expect(oracle[1]).toBeCloseTo(definition([2, 1, 6.5, 7, 8.5], [1, 2, 9, 8, 5]), 12);
    expect([...oracle.subarray(2)]).toEqual([nan, nan]);
    const toAverage = correlationToAverage(trials, predictions);
    // Both averages are over the trials 0 and 1, then 5, then 6 to 8.
    expect(toAverage[1]).toBeCloseTo(definition([0.5, 5, 7], [1.5, 6, 22 / 3]), 12);
    expect(toAverage[3]).toBe(0);
    expect([...explainedVariance(trials, predictions).subarray(2)]).toEqual([nan, nan]);
    expect([...normalizedCorrelation(trials, predictions).subarray(2)]).toEqual([nan, nan]);
    expect([...splitHalfReliability(trials, { seed: 3 }).subarray(2)]).toEqual([nan, nan]);
  });
});

test("without repeats every metric of repeats says so, and what to do", () => {
  const recording = recordingOf({
    name: "WE 190923",
    imageOf: [0, 1, 2],
    neurons: 1,
    responses: Float32Array.of(1, 2, 4),
  });
  const trials = tierTrials(recording, "test");
  const predictions = new Float32Array(3);
  for (const metric of [
    () => correlationToAverage(trials, predictions),
    () => explainableVariance(trials),
    () => explainedVariance(trials, predictions),
    () => oracleCorrelation(trials),
    () => normalizedCorrelation(trials, predictions),
    () => splitHalfReliability(trials, { seed: 1 }),
  ]) {
    expect(metric).toThrow(StriateError);
    expect(metric).toThrow(
      /^WE 190923, tier test: the .* needs images that were shown at least twice.*--repeats/,
    );
  }
});
