import type { NumericArrayLike } from "../src/formats/array.ts";
import { Random } from "../src/runtime/random.ts";
import { type SpikingGraph, scalar } from "../src/spiking/graph/index.ts";
import { percent } from "./activity.ts";
import type { Benchmark, Case } from "./benchmark.ts";
import { engineContenders, sumOverSteps } from "./engines.ts";
import { timesByCase, timesFigure } from "./times-figure.ts";

const batch = 16;
/** v ← decay · v + (1 − decay) · I: τ = 10 steps. */
const decay = 0.9;
/** Of the membrane potentials without a reset, in thresholds. */
const deviation = 0.7;

/** What is shown: spikes with this probability, or normal numbers, as in Open Neuromorphic's benchmark. */
type Density = number | "normal";

interface Shape {
  readonly neurons: number;
  readonly steps: number;
  readonly density: Density;
}

const densities = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5];
const sizes = [256, 512, 1024, 2048, 4096, 8192];
const usual = 0.05;
const byDensity = densities.map((density): Shape => ({ neurons: 1024, steps: 500, density }));
/** Fewer steps, so that the largest layer's spikes fit in memory on both sides. */
const bySize = sizes.map((neurons): Shape => ({ neurons, steps: 100, density: usual }));
const shapes: readonly Shape[] = [
  { neurons: 1024, steps: 500, density: "normal" },
  { neurons: 4096, steps: 500, density: "normal" },
  { neurons: 4096, steps: 500, density: usual },
  ...byDensity,
  ...bySize,
];

const nameOf = ({ neurons, steps, density }: Shape): string =>
  `n = ${neurons}, T = ${steps}, ${density === "normal" ? "normal input" : `${percent(density)} spikes`}`;

/** One fully connected layer of leaky neurons: the shape of Open Neuromorphic's comparison of frameworks (2023). */
export const linearLif: Benchmark = {
  name: "linear-lif",
  title: `Linear layer and leaky integrate-and-fire neurons, n to n, batch ${batch}, forward`,
  peer: "linear_lif.py",
  prepare: async ({ threads }) => {
    const cases: Case[] = [];
    const configured: object[] = [];
    const files: Record<string, Record<string, NumericArrayLike>> = {};
    for (const shape of shapes) {
      const { neurons, steps, density } = shape;
      const name = nameOf(shape);
      const values = drawInput(shape);
      const weights = `weights${neurons}.safetensors`;
      files[weights] ??= drawLayer(neurons);
      const layer = files[weights] as Record<string, NumericArrayLike & { data: Float32Array }>;
      const input = `input ${neurons} ${steps} ${density}.safetensors`;
      files[input] = { input: { shape: [steps, batch, neurons], data: values } };
      const scale = weightScale(shape);
      let events = 0;
      for (const value of values) if (value !== 0) events++;
      configured.push({ name, decay, scale, weights, input });
      cases.push({
        name,
        work: { amount: 2 * steps * batch * neurons ** 2, unit: "operations" },
        events: { additions: events * neurons, bytes: 4 * (neurons ** 2 + 2 * steps * batch * neurons) },
        compared: "spikes of each neuron",
        // A potential within rounding of the threshold may fire on one side and not on the other.
        tolerance: 2e-2,
        ours: async () => {
          const graph = layerGraph(
            layer.weight!.data.map((value) => value * scale),
            layer.bias!.data,
          );
          return engineContenders(
            graph,
            Float32Array.from(values),
            steps,
            { batch, threads, input: "steps" },
            (outputs) => sumOverSteps(outputs, neurons),
          );
        },
      });
    }
    const remarks = [
      `τ = 10 steps, hard reset; weights drawn so that potentials deviate by ${deviation} thresholds`,
    ];
    return { remarks, config: { cases: configured }, files, cases };
  },
  figures: (results, rates) => {
    const figure = (name: string, axis: "density" | "size", some: readonly Shape[]) => {
      const points = some.map((shape) => ({
        x: axis === "density" ? 100 * (shape.density as number) : shape.neurons,
        steps: shape.steps,
        result: results.find((result) => result.name === nameOf(shape)),
      }));
      return { [name]: timesFigure({ axis, ...timesByCase(points, rates) }) };
    };
    return {
      ...figure("time-by-density.svg", "density", byDensity),
      ...figure("time-by-size.svg", "size", bySize),
    };
  },
};

/** (steps, batch, neurons): normal numbers, or spikes as bytes. */
function drawInput({ neurons, steps, density }: Shape): Float32Array | Uint8Array {
  const count = steps * batch * neurons;
  const random = new Random(1).split(`input ${density}`);
  if (density === "normal") return random.fillNormal(new Float32Array(count));
  const spikes = new Uint8Array(count);
  const uniform = new Float32Array(4096);
  for (let at = 0; at < count; at += uniform.length) {
    random.fillUniform(uniform);
    for (let i = 0; i < uniform.length && at + i < count; i++) if (uniform[i]! < density) spikes[at + i] = 1;
  }
  return spikes;
}

/** Weights (n, n) of deviation 1, and biases as PyTorch's linear layers draw them. */
function drawLayer(neurons: number): Record<string, NumericArrayLike> {
  const random = new Random(2).split(String(neurons));
  const limit = 1 / Math.sqrt(neurons);
  return {
    weight: {
      shape: [neurons, neurons],
      data: random.split("weight").fillNormal(new Float32Array(neurons ** 2)),
    },
    bias: {
      shape: [neurons],
      data: random.split("bias").fillUniform(new Float32Array(neurons), -limit, limit),
    },
  };
}

/**
 * What the weights are multiplied by. The potential filters the current: a share (1 − d)² / (1 − d²) of the variance
 * that changes from step to step is left, and all of the variance that differs from neuron to neuron.
 */
function weightScale({ neurons, density }: Shape): number {
  const filtered = (1 - decay) ** 2 / (1 - decay ** 2);
  const variance = density === "normal" ? filtered : density ** 2 + density * (1 - density) * filtered;
  return Math.fround(deviation / Math.sqrt(neurons * variance));
}

function layerGraph(weight: Float32Array, bias: Float32Array): SpikingGraph {
  const neurons = bias.length;
  const tau = scalar(-1 / Math.log(decay));
  return {
    timeStep: 1,
    metadata: {},
    nodes: [
      { name: "input", inputs: [], operation: { type: "input", shape: [neurons] } },
      {
        name: "linear",
        inputs: ["input"],
        operation: {
          type: "linear",
          weight: { shape: [neurons, neurons], data: weight },
          bias: { shape: [neurons], data: bias },
        },
      },
      {
        name: "neurons",
        inputs: ["linear"],
        operation: {
          type: "neuron",
          membrane: { kind: "leaky", tau, r: scalar(1), vLeak: scalar(0) },
          firing: { threshold: scalar(1), strict: true, reset: scalar(0) },
          start: scalar(0),
        },
      },
      { name: "output", inputs: ["neurons"], operation: { type: "output" } },
    ],
  };
}
