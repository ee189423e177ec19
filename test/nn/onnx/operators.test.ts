import { describe, expect, it } from "vitest";
import { readFixture } from "../../tensor/fixture.ts";
import { bothWays, largestDifference } from "./runtime-values.ts";

const cases = Object.entries(readFixture<Record<string, string>>("onnx_operators"));

describe("an operator gives what ONNX Runtime gives for the same model", () => {
  it.each(cases)("%s", async (name, model) => {
    const { expected, actual } = await bothWays(Buffer.from(model, "base64"), name);
    expect(Object.keys(actual)).toEqual(Object.keys(expected));
    for (const key of Object.keys(expected)) {
      expect(actual[key].shape).toEqual(expected[key].shape);
      expect(largestDifference(actual[key], expected[key])).toBeLessThanOrEqual(1e-5);
    }
  });
});
