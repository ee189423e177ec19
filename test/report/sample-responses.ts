import type { AdaptationArm, AdaptationReport, PathModulation } from "../../src/report/adaptation-data.ts";
import type {
  AttentionRollout,
  GreyStimulus,
  NeuronTrace,
  ReceptiveFieldCentres,
  ReportedMetrics,
  ReportedSubject,
  ResponseReport,
  ScoreEstimate,
} from "../../src/report/response-data.ts";

/** Reports on models of animals that never were: every number here is invented, to see the pages with. */

/** Numbers from 0 to 1, the same ones for the same seed (mulberry32). */
function uniform(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** About normal: the sum of twelve uniform numbers less six. */
function normal(seed: number): () => number {
  const random = uniform(seed);
  return () => Array.from({ length: 12 }, random).reduce((sum, value) => sum + value, -6);
}

/** Overlapping discs of many sizes, as dead leaves are. */
export function deadLeaves(seed: number, height = 36, width = 64): GreyStimulus {
  const random = uniform(seed);
  const values = new Float32Array(height * width);
  for (let leaf = 0; leaf < 240; leaf++) {
    const radius = 2 / (0.07 + random());
    const [centreX, centreY, grey] = [random() * width, random() * height, random() * 3 - 1.5];
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        if (Math.hypot(x - centreX, y - centreY) < radius) values[y * width + x] = grey;
      }
    }
  }
  return { height, width, values };
}

function estimate(value: number, half = 0.012): ScoreEstimate {
  return { value, low: value - half, high: value + half };
}

function metrics(value: number, ceiling: number): ReportedMetrics {
  return {
    singleTrialCorrelation: estimate(value),
    correlationToAverage: estimate(value * 1.58, 0.017),
    normalizedCorrelation: estimate(value * 1.75, 0.02),
    feve: { ...estimate(value * 1.2, 0.025), neurons: 274 },
    ceiling: estimate(ceiling, 0.01),
  };
}

const subjects: ReportedSubject[] = [
  { name: "mouse 1", neurons: 312, testImages: 100, testTrials: 1000, metrics: metrics(0.412, 0.52) },
  { name: "mouse 2", neurons: 298, testImages: 100, testTrials: 993, metrics: metrics(0.377, 0.49) },
  { name: "mouse 3", neurons: 305, testImages: 100, testTrials: 1000, metrics: metrics(0.391, 0.503) },
];

const roles: [role: string, score: number][] = [
  ["best", 0.81],
  ["90th percentile", 0.66],
  ["upper quartile", 0.51],
  ["median", 0.38],
  ["lower quartile", 0.22],
  ["worst", -0.03],
];

export function sampleTraces(images = 100): NeuronTrace[] {
  return roles.map(([role, score], i) => {
    const noise = normal(20 + i);
    const predicted = Array.from({ length: images }, () => Math.exp(0.7 * noise()));
    const recorded = predicted.map(
      (value) => Math.max(0, 1 + score * (value - 1) + (1 - score) * 0.8 * noise()) * 2,
    );
    const standardError = recorded.map((value) => 0.12 * Math.sqrt(value + 0.1));
    return {
      name: `mouse 1, neuron ${17 + 31 * i}`,
      role,
      score,
      recorded,
      standardError,
      predicted: predicted.map((value) => 2 * (1 + Math.max(0.1, score) * (value - 1))),
    };
  });
}

function scores(seed: number, mean: number, deviation: number, neurons = 915): number[] {
  const noise = normal(seed);
  return Array.from({ length: neurons }, () => Math.min(0.93, mean + deviation * noise()));
}

function distribution(): ResponseReport["distribution"] {
  const ceiling = scores(1, 0.5, 0.14).map((value) => Math.max(0.02, value));
  const noise = normal(2);
  const main = ceiling.map((value) => value * 0.79 + 0.05 * noise());
  main[5] = Number.NaN;
  return {
    score: "singleTrialCorrelation",
    models: [
      { name: "ln", scores: scores(3, 0.2, 0.09) },
      { name: "conv", scores: scores(4, 0.34, 0.12) },
      { name: "v1t-small", scores: main },
    ],
    ceiling: { name: "true ceiling", scores: ceiling },
  };
}

export function sampleCentres(): ReceptiveFieldCentres[] {
  return subjects.map(({ name, neurons }, i) => {
    const noise = normal(40 + i);
    const clip = (value: number) => Math.max(-1, Math.min(1, value));
    const at = (centre: number, spread: number) =>
      Array.from({ length: neurons }, () => clip(centre + spread * noise()));
    return {
      subject: name,
      image: deadLeaves(7),
      x: at(0.1 * i - 0.1, 0.3),
      y: at(0.05, 0.35),
      scores: scores(50 + i, 0.39, 0.15, neurons),
    };
  });
}

export function sampleRollouts(): AttentionRollout[] {
  return [0, 1, 2, 3].map((i) => {
    const [height, width] = [8, 15];
    const noise = normal(60 + i);
    const values = Array.from({ length: height * width }, (_, cell) => {
      const distance = Math.hypot((cell % width) - 7 + i, Math.floor(cell / width) - 4);
      return Math.max(0, Math.exp(-((distance / 3) ** 2)) + 0.15 + 0.06 * noise());
    });
    const weights = { height, width, values };
    return { name: `image ${1204 + 71 * i}`, image: deadLeaves(70 + i), weights, patch: 8, stride: 4 };
  });
}

export function sampleResponses(): ResponseReport {
  return {
    run: "fit",
    model: "v1t-small",
    data: "three synthetic mice, 2,000 images each",
    score: "singleTrialCorrelation",
    overall: metrics(0.394, 0.505),
    subjects,
    ceilingName: "true ceiling",
    confidence: 0.95,
    neuronTraces: sampleTraces(),
    responseUnit: "in deviations of the neuron",
    distribution: distribution(),
    receptiveFields: sampleCentres(),
    rollouts: sampleRollouts(),
    training: {
      unit: "epoch",
      heldOut: "validation images",
      phases: [
        {
          name: "v1t-small",
          points: Array.from({ length: 30 }, (_, i) => ({
            position: i + 1,
            loss: 310 + 220 * Math.exp(-i / 5),
            heldOutCorrelation: 0.37 * (1 - Math.exp(-(i + 1) / 6)),
          })),
        },
      ],
    },
    parameters: { core: 412_544, readouts: 61_305, "behaviour and shifters": 9_120 },
    configuration: [
      ["core", "4 blocks, 4 heads, width 64, patches of 8 at stride 4"],
      ["readout", "Gaussian, one feature vector a neuron"],
      ["loss", "Poisson"],
    ],
    notes: ["Eleven neurons of mouse 2 never fired in the test tier and count with a correlation of 0."],
    provenance: {
      seed: 1,
      command: "striate fit data/mouse1 data/mouse2 data/mouse3 --model v1t-small --out runs/v1t-small",
      versions: { striate: "0.1.0", node: "20.20.2" },
      machine: "an invented processor with 2 threads",
    },
    seconds: { total: 612.4, training: 570.2 },
    peakMemoryMB: 1420,
  };
}

const counts = [16, 64, 256, 1024];

/** Scores after 16, 64, 256 and 1024 images. */
const arms: [AdaptationArm["method"], parameters: number, scores: number[]][] = [
  ["readout", 20_100, [0.141, 0.232, 0.301, 0.342]],
  ["subject", 24_300, [0.198, 0.285, 0.333, 0.361]],
  ["stimulus", 37_900, [0.172, 0.262, 0.321, 0.355]],
  ["dataset", 24_300, [0.196, 0.281, 0.331, 0.36]],
  ["paths", 62_300, [0.203, 0.296, 0.344, 0.369]],
  ["adapters", 58_200, [0.181, 0.271, 0.333, 0.364]],
  ["low-rank", 61_000, [0.175, 0.269, 0.331, 0.362]],
  ["behaviour", 40_400, [0.143, 0.236, 0.305, 0.344]],
  ["full", 482_969, [0.155, 0.258, 0.336, 0.374]],
  ["scratch", 482_969, [0.041, 0.112, 0.223, 0.318]],
];

export function sampleModulation(channels = 64, blocks = 4): PathModulation[] {
  const path = (name: string, seed: number, size: number): PathModulation => {
    const noise = normal(seed);
    const block = (depth: number) =>
      Float32Array.from({ length: channels }, () => size * (0.4 + 0.3 * depth) * noise());
    const all = () => Array.from({ length: blocks }, (_, depth) => block(depth));
    return { name, gamma: all(), beta: all() };
  };
  return [path("subject path, mouse 4", 81, 0.08), path("stimulus path, mean over images", 82, 0.04)];
}

export function sampleAdaptation(): AdaptationReport {
  const setting = (name: string, factor: number, ceiling?: number) => ({
    name,
    allImages: 1024,
    neurons: 301,
    testImages: 100,
    ceiling: ceiling === undefined ? undefined : estimate(ceiling, 0.01),
    arms: arms.map(
      ([method, trainableParameters, values]): AdaptationArm => ({
        method,
        trainableParameters,
        points: counts.map((images, i) => ({
          images,
          metrics: {
            singleTrialCorrelation: estimate(values[i] * factor, 0.03 - 0.005 * i),
            correlationToAverage: estimate(values[i] * factor * 1.5, 0.03 - 0.005 * i),
          },
        })),
      }),
    ),
  });
  return {
    run: "study",
    model: "runs/v1t-small",
    data: "a mouse and a kind of stimulus that the core has not seen",
    score: "singleTrialCorrelation",
    settings: [setting("to mouse 4", 1, 0.49), setting("to synthetic images", 0.8)],
    ceilingName: "true ceiling",
    modelParameters: 482_969,
    modulation: sampleModulation(),
    configuration: [
      ["training", "AdamW, 40 epochs at most"],
      ["frozen core", "sha256 1f0c…, the same before and after"],
    ],
    notes: ["Every arm was given the same images and the same number of steps."],
    provenance: {
      seed: 1,
      command: "striate adapt runs/v1t-small --data data/mouse4 --paths subject,stimulus --out runs/mouse4",
      versions: { striate: "0.1.0", node: "20.20.2" },
      machine: "an invented processor with 2 threads",
    },
    seconds: { total: 301.2 },
  };
}
