import { parseHTML } from "linkedom";
import { describe, expect, it } from "vitest";
import {
  type AnytimeReport,
  anytimeCurve,
  anytimeTextTable,
  figureDocument,
} from "../../src/report/index.ts";
import { streamText } from "../../src/report/stream.ts";
import { markupFaults } from "./well-formed.ts";

const document = figureDocument();
const point = (threshold: number, meanSteps: number, accuracy: number) => ({
  ...{ threshold, meanSteps, accuracy },
  calibration: { accuracy: accuracy + 0.01, meanSteps },
});
const chosen = point(0.9, 4, 0.9);
/** Invented numbers, with a rule that keeps no accuracy. */
const report: AnytimeReport = {
  rule: "confidence",
  threshold: 0.9,
  fixed: {
    steps: 8,
    accuracy: 0.9,
    accuracyBySteps: [0.2, 0.3, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9],
    imagesPerSecond: 10,
  },
  anytime: {
    accuracy: 0.9,
    meanSteps: 4,
    imagesBySteps: [0, 20, 30, 0, 50, 0, 0, 0],
    imagesPerSecond: 15,
    changedDecisions: 1,
  },
  calibration: { images: 50, accuracy: 0.91 },
  images: 100,
  curves: [
    { rule: "confidence", points: [point(0.5, 2, 0.6), chosen], chosen },
    { rule: "<margin>", points: [point(0.5, 2, 0.5)] },
  ],
};

describe("the curve of accuracy against mean steps", () => {
  it.each([350, 720])("is well-formed, described and the same again at %i pixels", (width) => {
    const markup = anytimeCurve(report, { document, width });
    expect(markupFaults(markup)).toEqual([]);
    expect(markup).not.toMatch(/NaN|Infinity|undefined|<script|url\(|href/);
    expect(anytimeCurve(report, { document, width })).toBe(markup);
  });

  it("puts a rule's point over the fixed time that is as long, and says what it comes to", () => {
    const svg = parseHTML(
      `<html><body>${anytimeCurve(report, { document })}</body></html>`,
    ).document.querySelector("svg")!;
    expect(svg.getAttribute("aria-label")).toContain(
      "confidence: 90.00\u00a0% in 4.00 steps; <margin>: keeps no accuracy",
    );
    const places = (colour: string) =>
      [...svg.querySelectorAll(`g[fill="var(--${colour})"] path`)]
        .map((path) =>
          /translate\(([\d.]+),([\d.]+)\)/
            .exec(path.getAttribute("transform") ?? "")!
            .slice(1)
            .map(Number),
        )
        .slice(1);
    const fixed = places("quantized");
    const [mine, ...more] = places("signed-tuned");
    expect([fixed.length, more.length]).toEqual([8, 0]);
    expect(mine[0]).toBeCloseTo(fixed[3][0], 1);
    expect(mine[1]).toBeCloseTo(fixed[7][1], 1);
  });

  it("is a table for a terminal too", () => {
    const text = anytimeTextTable(report);
    expect(text).toMatch(/0\.9000 {4}4\.00 {5}90\.00 {11}91\.00 {2}← keeps the accuracy/);
    expect(text).toContain("15.0 images/s (1.50 times as fast); 1 decision of 100 changed");
    expect(text).toContain("Images by steps: 2: 20, 3: 30, 5: 50");
  });
});

it("a stream's summary leaves out what there was nothing of, and draws latencies in proportion", () => {
  const text = streamText({
    ...{
      events: 5,
      outside: 0,
      late: 0,
      corrupt: 2,
      packets: 41,
      steps: 41,
      recordedSeconds: 0.041,
      seconds: 0.1,
    },
    ...{ eventsPerSecond: 50, realTimeFactor: 0.41, changes: 0, interrupted: true },
    latency: {
      ...{ median: 0.3, p95: 0.4, p99: 0.5, greatest: 0.9 },
      histogram: [
        { from: 0.25, to: 0.5, count: 40 },
        { from: 0.5, to: 1, count: 1 },
      ],
    },
  });
  expect(text).toContain(
    "interrupted after 5 events in 0.0410 s of recording, 41 steps, 41 packets (2 corrupt places left out)",
  );
  expect(text).toContain("no decision");
  expect(text).not.toContain("first decision");
  expect(text).toMatch(/< 0\.500 ms {2}█{40} 40\n +< 1\.00 ms {2}█ 1$/);
});
