import { describe, expect, it } from "vitest";
import {
  count,
  duration,
  fixed,
  percent,
  percentage,
  plural,
  significant,
} from "../../src/report/numbers.ts";

describe("numbers as people read them", () => {
  it("rounds fractions to percent", () => {
    expect(percentage(0.98934)).toBe("98.93");
    expect(percent(1, 1)).toBe("100.0\u00a0%");
  });

  it("groups counts and keeps signs that mean something", () => {
    expect(count(1234567.4)).toBe("1,234,567");
    expect(fixed(-0.001, 2)).toBe("0.00");
    expect(fixed(-1234.5, 1)).toBe("−1,234.5");
    expect(plural(1, "step")).toBe("1 step");
    expect(plural(1500, "step")).toBe("1,500 steps");
  });

  it("keeps significant digits", () => {
    expect([0, 0.012345, 1.2345, 12.345, 123.45, 1234.5].map((value) => significant(value))).toEqual([
      "0",
      "0.0123",
      "1.23",
      "12.3",
      "123",
      "1,235",
    ]);
  });

  it("never shows sixty seconds or sixty minutes", () => {
    expect([0.04, 59.94, 59.96, 119.7, 3599.7, 7199].map(duration)).toEqual([
      "0.0 s",
      "59.9 s",
      "1 min 0 s",
      "2 min 0 s",
      "1 h 0 min",
      "2 h 0 min",
    ]);
  });

  it("shows a dash for what is missing", () => {
    for (const value of [undefined, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect([
        percent(value),
        percentage(value),
        count(value),
        fixed(value),
        significant(value),
        duration(value),
      ]).toEqual(Array(6).fill("–"));
    }
  });
});
