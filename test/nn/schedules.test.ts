import { describe, expect, it } from "vitest";
import { constantRate, cosine, Plateau, type Schedule, stepwise } from "../../src/nn/index.ts";
import { readFixture } from "../tensor/fixture.ts";

interface Case {
  readonly name: "cosine" | "step" | "multiStep" | "plateau";
  readonly rate: number;
  readonly options: {
    readonly T_max?: number;
    readonly eta_min?: number;
    readonly step_size?: number;
    readonly gamma?: number;
    readonly milestones?: number[];
    readonly mode?: "min" | "max";
    readonly factor?: number;
    readonly patience?: number;
    readonly threshold?: number;
    readonly threshold_mode?: "abs";
    readonly cooldown?: number;
  };
  readonly metrics?: number[];
  readonly rates: number[];
}

const { schedules } = readFixture<{ schedules: Case[] }>("layers");
const named = (cases: readonly Case[]) =>
  cases.map((example) => [`${example.name} ${JSON.stringify(example.options)}`, example] as const);

function expectRates(rates: readonly number[], expected: readonly number[]): void {
  expect(rates).toHaveLength(expected.length);
  for (const [i, rate] of rates.entries()) expect(Math.abs(rate - expected[i]!)).toBeLessThan(1e-11);
}

describe("schedules give the rates of PyTorch", () => {
  it.each(named(schedules.filter(({ name }) => name !== "plateau")))(
    "%s",
    (_name, { name, rate, options, rates }) => {
      let schedule: Schedule;
      let total = rates.length;
      if (name === "cosine") {
        total = options.T_max!;
        schedule = cosine({ floor: (options.eta_min ?? 0) / rate });
      } else {
        const milestones = options.milestones ?? rates.map((_, i) => (i + 1) * options.step_size!);
        schedule = stepwise({ milestones: milestones.map((step) => step / total), factor: options.gamma });
      }
      expectRates(
        rates.map((_, step) => rate * schedule.factor(step, total)),
        rates,
      );
    },
  );

  it("milestones fall on their step, whatever the number of steps", () => {
    const late: string[] = [];
    for (let total = 2; total <= 400; total++) {
      for (let step = 1; step < total; step++) {
        const { factor } = stepwise({ milestones: [step / total], factor: 0.5 });
        if (factor(step - 1, total) !== 1 || factor(step, total) !== 0.5) late.push(`${step} of ${total}`);
      }
    }
    expect(late).toEqual([]);
  });

  it("a cosine rises linearly first, and then goes down from 1 to its floor without a step up", () => {
    const schedule = cosine({ warmup: 0.1, floor: 0.02 });
    const factors = Array.from({ length: 200 }, (_, step) => schedule.factor(step, 200));
    for (let step = 0; step < 20; step++) expect(factors[step]).toBeCloseTo((step + 1) / 20, 12);
    expect(factors[20]).toBeCloseTo(1, 12);
    for (let step = 21; step < 200; step++) expect(factors[step]).toBeLessThan(factors[step - 1]!);
    expect(factors[199]).toBeGreaterThan(0.02);
    expect(schedule.factor(200, 200)).toBeCloseTo(0.02, 12);
  });

  it("a constant rate stays", () => {
    expect([0, 1, 99].map((step) => constantRate.factor(step, 100))).toEqual([1, 1, 1]);
  });
});

describe("Plateau", () => {
  const plateaus = schedules.filter(({ name }) => name === "plateau");
  /**
   * PyTorch's threshold is relative unless told otherwise, and ours absolute: the two agree where the best score stays
   * 1. Neither a cooldown nor a least rate is offered.
   */
  const isOffered = ({ options: { mode, threshold_mode } }: Case) =>
    mode === "max" || threshold_mode === "abs";

  it.each(named(plateaus.filter(isOffered)))(
    "gives the rates of PyTorch: %s",
    (_name, { rate, options, metrics, rates }) => {
      const { factor, patience, threshold, mode } = options;
      const plateau = new Plateau({ factor, patience, ...(threshold === undefined ? {} : { threshold }) });
      const given = [rate];
      for (const metric of metrics!) given.push(rate * plateau.update(mode === "max" ? metric : -metric));
      expectRates(given, rates);
    },
  );

  it("has no relative threshold, cooldown and least rate, as these cases of PyTorch need", () => {
    expect(plateaus.filter((example) => !isOffered(example)).map(({ options }) => options)).toEqual([
      { mode: "min", factor: 0.5, patience: 2 },
      { mode: "min", factor: 0.5, patience: 2, cooldown: 2, min_lr: 0.06 },
      { mode: "min", factor: 0.1, patience: 0, threshold: 0.01 },
    ]);
  });

  it("goes on from its state", () => {
    const scores = [0.3, 0.5, 0.5, 0.4, 0.45, 0.5, 0.5, 0.6, 0.1, 0.1, 0.1, 0.1];
    const options = { factor: 0.5, patience: 1 };
    const whole = new Plateau(options);
    const factors = scores.map((score) => whole.update(score));
    expect(new Set(factors).size).toBeGreaterThan(3);
    for (let stop = 0; stop <= scores.length; stop++) {
      const first = new Plateau(options);
      for (const score of scores.slice(0, stop)) first.update(score);
      const second = new Plateau(options);
      second.load(structuredClone(first.state()));
      expect(second.factor).toBe(first.factor);
      expect(scores.slice(stop).map((score) => second.update(score))).toEqual(factors.slice(stop));
    }
  });
});
