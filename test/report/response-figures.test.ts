import { parseHTML } from "linkedom";
import { describe, expect, it } from "vitest";
import { shadedCells } from "../../src/report/figures/shaded-cells.ts";
import {
  type AdaptationSetting,
  adaptationArms,
  adaptationCurve,
  attentionRolloutFigure,
  figureDocument,
  modulationFigure,
  type NeuronTrace,
  receptiveFieldCentres,
  responseTraces,
  scoreDistribution,
  trainingCurve,
} from "../../src/report/index.ts";
import {
  deadLeaves,
  sampleAdaptation,
  sampleCentres,
  sampleModulation,
  sampleResponses,
  sampleRollouts,
  sampleTraces,
} from "./sample-responses.ts";
import { markupFaults } from "./well-formed.ts";

const document = figureDocument();
const sample = sampleResponses();
const { settings } = sampleAdaptation();
const hostile = `</svg><script>alert("1")</script>&nbsp;'\u0000${"neuron".repeat(30)}`;
const score = "singleTrialCorrelation";
const none = Number.NaN;
const trace: NeuronTrace = { name: hostile, score: none, recorded: [1, 2], predicted: [none, 3] };
const one = (value: number): AdaptationSetting["arms"] => [
  {
    method: "subject",
    name: hostile,
    trainableParameters: 0,
    points: [{ images: 64, metrics: { [score]: { value } } }],
  },
];
const armScores = settings[0].arms.map((arm) => ({ ...arm, estimate: arm.points[1].metrics[score]! }));

const large = { height: 400, width: 300, values: Float32Array.from({ length: 120_000 }, (_, i) => i % 300) };

const figures: Record<string, (width: number) => string> = {
  traces: (width) => responseTraces({ neurons: sample.neuronTraces!, score }, { document, width }),
  "traces, no neurons": (width) => responseTraces({ neurons: [], score }, { document, width }),
  "traces, one image left, no score": (width) =>
    responseTraces({ neurons: [trace], score: "feve", unit: hostile }, { document, width }),
  "traces, no image left": (width) =>
    responseTraces({ neurons: [{ ...trace, recorded: [1, none] }], score }, { document, width }),
  "traces, constant": (width) =>
    responseTraces(
      { neurons: [{ ...trace, recorded: [1, 1], predicted: [1, 1] }], score },
      { document, width },
    ),
  distribution: (width) => scoreDistribution(sample.distribution!, { document, width }),
  "distribution, no models": (width) => scoreDistribution({ score, models: [] }, { document, width }),
  "distribution, nothing known": (width) =>
    scoreDistribution(
      { score, models: [{ name: hostile, scores: [none] }], ceiling: { name: "oracle", scores: [none] } },
      { document, width },
    ),
  "distribution, all equal, no ceiling": (width) =>
    scoreDistribution({ score, models: [{ name: hostile, scores: [0, 0, 0] }] }, { document, width }),
  "distribution, one far below": (width) =>
    scoreDistribution(
      { score: "feve", models: [{ name: "a", scores: [-2000, ...new Array(300).fill(0.4)] }] },
      { document, width },
    ),
  centres: (width) => receptiveFieldCentres({ subjects: sampleCentres(), score }, { document, width }),
  "centres, none": (width) => receptiveFieldCentres({ subjects: [], score }, { document, width }),
  "centres, without scores": (width) =>
    receptiveFieldCentres(
      {
        subjects: [
          { subject: hostile, image: large, x: [0, none], y: [0, 0] },
          { subject: "b", image: deadLeaves(1), x: [none], y: [0], scores: [1] },
        ],
        score,
      },
      { document, width },
    ),
  rollout: (width) => attentionRolloutFigure(sampleRollouts(), { document, width }),
  "rollout, none": (width) => attentionRolloutFigure([], { document, width }),
  "rollout, not numbers, zeros, even image": (width) =>
    attentionRolloutFigure(
      [none, 0, 1].map((value) => ({
        name: hostile,
        image: { height: 4, width: 4, values: new Array(16).fill(2) },
        weights: { height: 1, width: 2, values: [value, value] },
        patch: 2,
        stride: 2,
      })),
      { document, width },
    ),
  modulation: (width) => modulationFigure(sampleModulation(155), { document, width }),
  "modulation, none": (width) => modulationFigure([], { document, width }),
  "modulation, untrained and not numbers": (width) =>
    modulationFigure(
      [
        { name: hostile, gamma: [[0, 0]], beta: [[0, 0]] },
        { name: "b", gamma: [[none]], beta: [[none]] },
        { name: "c", gamma: [[]], beta: [[]] },
      ],
      { document, width },
    ),
  curve: (width) => adaptationCurve({ setting: settings[0], score }, { document, width }),
  "curve, no arms": (width) => adaptationCurve({ setting: { arms: [] }, score }, { document, width }),
  "curve, one point": (width) => adaptationCurve({ setting: { arms: one(0.2) }, score }, { document, width }),
  "curve, not a number": (width) =>
    adaptationCurve(
      { setting: { arms: one(none), ceiling: { value: none } }, score, title: hostile },
      { document, width },
    ),
  arms: (width) =>
    adaptationArms({ arms: armScores, score, ceiling: settings[0].ceiling }, { document, width }),
  "arms, none": (width) => adaptationArms({ arms: [], score }, { document, width }),
  "arms, one that trains nothing, one unknown": (width) =>
    adaptationArms(
      {
        arms: [
          { method: "readout", trainableParameters: 0, estimate: { value: -0.1 } },
          { method: "full", name: hostile, trainableParameters: none, estimate: { value: 0.1 } },
          { method: "scratch", trainableParameters: 5, estimate: { value: none } },
        ],
        score,
      },
      { document, width },
    ),
  training: (width) => trainingCurve(sample.training!, { document, width }),
};

describe.each(Object.entries(figures))("the figure of a response model: %s", (_name, draw) => {
  it.each([350, 720])("is well-formed, finite, described and the same again at %i pixels", (width) => {
    const markup = draw(width);
    expect(markupFaults(markup)).toEqual([]);
    expect(markup).not.toMatch(/NaN|Infinity|undefined|<script|url\(/);
    expect(markup.replaceAll(/ href="data:image\/png;base64,[\w+/=]+"/g, "")).not.toMatch(/href/);
    const svg = parse(markup);
    expect(svg.getAttribute("aria-label")?.length).toBeGreaterThan(10);
    expect(Number(svg.getAttribute("width"))).toBe(width);
    expect(draw(width)).toBe(markup);
  });
});

function parse(markup: string): Element {
  return parseHTML(`<html><body>${markup}</body></html>`).document.querySelector("svg")!;
}

/** Every number of an attribute of the elements that a selector finds. */
function numbers(svg: Element, selector: string, attribute: string): number[] {
  return [...svg.querySelectorAll(selector)].map((element) => Number(element.getAttribute(attribute)));
}

describe("what the figures of a response model show", () => {
  it("draw no axes and no key where there is nothing to show", () => {
    const drawn = (name: string) =>
      parse(figures[name](720)).querySelectorAll("line, path, rect, circle").length;
    const empty = Object.keys(figures).filter((name) =>
      /none|no (neurons|models|image|arms)|nothing known|curve, not a number/.test(name),
    );
    expect(empty).toHaveLength(10);
    for (const name of empty) expect(drawn(name), name).toBe(0);
  });

  it("put recorded responses in the order of the prediction, with bars of one standard error", () => {
    const neuron = { name: "n", score: 0.5, predicted: [3, 1, 2], recorded: [30, 10, 25] };
    const svg = parse(
      responseTraces({ neurons: [{ ...neuron, standardError: [5, none, 2.5] }], score }, { document }),
    );
    const ys = numbers(svg, 'g[fill="var(--ink)"] circle', "cy").slice(-3);
    expect(ys[0]).toBeGreaterThan(ys[1]);
    expect((ys[0] - ys[1]) / (ys[1] - ys[2])).toBeCloseTo(3, 1);
    const bars = [...svg.querySelectorAll('g[stroke="var(--ink)"] line')].map(
      (line) => Number(line.getAttribute("y1")) - Number(line.getAttribute("y2")),
    );
    expect(bars.map(Math.abs)[1] / bars.map(Math.abs)[0]).toBeCloseTo(2, 1);
    expect(svg.textContent).toContain("r = 0.500");
    expect(svg.textContent).toContain("mean ± standard error");
  });

  it("draw a sample of very many images, and say so", () => {
    const svg = parse(responseTraces({ neurons: sampleTraces(5000).slice(0, 1), score }, { document }));
    expect(svg.querySelectorAll('g[fill="var(--ink)"] circle').length).toBeLessThan(130);
    expect(svg.textContent).toContain("Of up to 5,000 images, 120 are drawn");
  });

  it("leave error bars and their mention out without repeats", () => {
    const neurons = sampleTraces().map(({ standardError: _, ...neuron }) => neuron);
    const svg = parse(responseTraces({ neurons, score }, { document }));
    expect(svg.querySelectorAll('g[stroke="var(--ink)"] line')).toHaveLength(0);
    expect(svg.textContent).not.toContain("standard error");
  });

  it("count every neuron in its bin and give the median", () => {
    const scores = [0.005, 0.015, 0.015, 0.3, 0.3, 0.3, 0.3];
    const svg = parse(scoreDistribution({ score, models: [{ name: "m", scores }] }, { document }));
    const heights = numbers(svg, 'rect[fill="var(--signed)"]', "height");
    expect(heights.map((height) => Math.round((4 * height) / Math.max(...heights)))).toEqual([1, 2, 4]);
    expect(svg.textContent).toContain("median 0.300");
    expect(svg.textContent).not.toContain("ceiling");
  });

  it("draw a dot for each neuron with a score and a ceiling, and the line of equality", () => {
    const data = {
      score,
      models: [{ name: "m", scores: [0.2, 0.5, none, 0.1] }],
      ceiling: { name: "oracle", scores: [0.2, 0.6, 0.5, none] },
    } as const;
    const svg = parse(scoreDistribution(data, { document }));
    expect(svg.querySelectorAll('g[fill="var(--signed)"] circle')).toHaveLength(2);
    expect(svg.textContent).toContain("m against the oracle");
    expect(svg.textContent).toContain("m: 1 neuron has no value.");
    const short = { ...data, ceiling: { name: "oracle", scores: [1] } };
    expect(() => scoreDistribution(short, { document })).toThrow(/oracle has 1 values; expected 4/);
  });

  it("say how many neurons lie below the axis, rather than flatten the others", () => {
    const svg = parse(figures["distribution, one far below"](720));
    expect(svg.textContent).toMatch(/a: 1 neuron lies below the axis, which starts at −?0\.\d+/);
  });

  it("put receptive fields where sampling with aligned corners takes them", () => {
    const image = { height: 3, width: 5, values: Float32Array.from({ length: 15 }, (_, i) => i) };
    const subject = { subject: "a", image, x: [-1, 0, 1], y: [-1, 0, 1], scores: [0, 0.2, none] };
    const svg = parse(receptiveFieldCentres({ subjects: [subject], score }, { document }));
    const pixel = Number(svg.querySelector("image")!.getAttribute("width")) / 5;
    const at = (attribute: string) => numbers(svg, "circle", attribute).map((value) => value / pixel);
    // The neuron without a score is drawn first, under the others.
    for (const [i, x] of [4.5, 0.5, 2.5].entries()) expect(at("cx")[i]).toBeCloseTo(x, 1);
    for (const [i, y] of [2.5, 0.5, 1.5].entries()) expect(at("cy")[i]).toBeCloseTo(y, 1);
    expect(svg.querySelector("circle")!.getAttribute("fill")).toBe("#fff");
    expect(svg.textContent).toContain("1 neuron without a score");
    const wrong = { ...subject, y: [0] };
    expect(() => receptiveFieldCentres({ subjects: [wrong], score }, { document })).toThrow(
      /3 x, 1 y and 3 scores/,
    );
  });

  it("lay attention over the patches that have it", () => {
    const image = { height: 8, width: 12, values: Float32Array.from({ length: 96 }, (_, i) => i) };
    const weights = { height: 1, width: 2, values: [0, 1] };
    const rollout = { name: "image 3", image, weights, patch: 8, stride: 4 };
    const svg = parse(attentionRolloutFigure([rollout], { document }));
    const side = Number(svg.querySelector("image")!.getAttribute("width"));
    const overlay = [...svg.querySelectorAll("g[transform]")].find((group) =>
      group.getAttribute("transform")!.includes("scale"),
    )!;
    const [x, , scale] = overlay
      .getAttribute("transform")!
      .match(/[\d.]+/g)!
      .map(Number);
    // Patches of 8 at 0 and at 4: their middles at 4 and 8, so cells of 4 from 2 to 6 and from 6 to 10.
    expect((12 * x) / side).toBeCloseTo(2, 2);
    expect((12 * scale) / side).toBeCloseTo(4, 2);
    expect([...overlay.querySelectorAll("path")].map((path) => path.getAttribute("d"))).toEqual([
      "M1 0h1v1h-1z",
    ]);
    expect(svg.textContent).toContain("2.0×");
    const short = { ...rollout, weights: { ...weights, values: [1] } };
    expect(() => attentionRolloutFigure([short], { document })).toThrow(/1 weights; expected 1 × 2/);
  });

  it("fill every cell once, by shade", () => {
    expect(shadedCells([1, 1, 2, 0, 1, 1], 3, Math.round)).toEqual([
      [1, "M0 0h2v1h-2zM1 1h2v1h-2z"],
      [2, "M2 0h1v1h-1z"],
    ]);
  });

  it("colour γ and β by sign on one scale, and say when a path changes nothing", () => {
    const path = { name: "subject path", gamma: [[0.5, -0.5, 0]], beta: [[0.25, 0, 0]] };
    const untrained = { name: "stimulus path", gamma: [[0, 0, 0]], beta: [[0, 0, 0]] };
    const svg = parse(modulationFigure([path, untrained], { document }));
    const cells = [...svg.querySelectorAll("g[transform*=scale] path")].map((cell) =>
      ["d", "fill", "fill-opacity"].map((name) => cell.getAttribute(name)),
    );
    expect(cells).toEqual([
      ["M1 0h1v1h-1z", "var(--signed)", "1.00"],
      ["M0 0h1v1h-1z", "var(--unsigned)", "1.00"],
      ["M0 0h1v1h-1z", "var(--unsigned)", "0.50"],
    ]);
    expect(svg.textContent).toContain("stimulus path: every γ and β is exactly 0");
    expect(() => modulationFigure([{ ...path, beta: [[0]] }], { document })).toThrow(/3, 1 channels/);
    expect(() => modulationFigure([{ ...path, beta: [] }], { document })).toThrow(/1 blocks of γ, 0 of β/);
  });

  it("name every arm at its line's end in a wide figure and in a legend in a narrow one", () => {
    for (const width of [350, 720]) {
      const svg = parse(
        adaptationCurve({ setting: settings[0], score, ceilingName: "oracle" }, { document, width }),
      );
      const texts = [...svg.querySelectorAll("text")].map(({ textContent }) => textContent);
      for (const name of ["readout only", "paths together", "full fine-tuning", "from scratch", "oracle"]) {
        expect(texts.filter((text) => text === name)).toHaveLength(1);
      }
      expect(texts).toContain("all 1,024");
    }
  });

  it("space quadruplings of the images evenly", () => {
    const arms = [{ ...settings[0].arms[4] }];
    const svg = parse(adaptationCurve({ setting: { arms }, score }, { document }));
    const xs = numbers(svg, 'g[stroke="var(--signed-tuned)"] line', "x1");
    expect(xs).toHaveLength(4);
    for (const i of [1, 2]) expect(xs[i + 1] - xs[i]).toBeCloseTo(xs[1] - xs[0], 1);
  });

  it("leave out the label of a tick that another one's would cover", () => {
    const points = [16, 280, 300].map((images) => ({ images, metrics: { [score]: { value: 0.2 } } }));
    const arms = [{ method: "paths", trainableParameters: 1, points }] as const;
    const svg = parse(adaptationCurve({ setting: { arms, allImages: 300 }, score }, { document }));
    const texts = [...svg.querySelectorAll("text")].map(({ textContent }) => textContent);
    expect(texts).toContain("16");
    expect(texts).toContain("all 300");
    expect(texts).not.toContain("280");
  });

  it("order arms from the best to the worst and write what they train", () => {
    const svg = parse(adaptationArms({ arms: armScores, score }, { document }));
    const texts = [...svg.querySelectorAll("text")].map(({ textContent }) => textContent ?? "");
    const named = texts.filter((text) => ["paths together", "readout only", "from scratch"].includes(text));
    expect(named).toEqual(["paths together", "readout only", "from scratch"]);
    for (const parameters of ["62,300", "482,969"]) expect(texts).toContain(parameters);
  });

  it("draw the validation correlation beside the loss", () => {
    const svg = parse(trainingCurve(sample.training!, { document }));
    expect(svg.textContent).toContain("Correlation");
    expect(svg.textContent).not.toContain("Accuracy");
    expect(svg.getAttribute("aria-label")).toContain("v1t-small ends at 0.368");
  });
});
