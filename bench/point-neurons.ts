import { join } from "node:path";
import { cobahh, cuba } from "../examples/brette.ts";
import type { NumericArrayLike } from "../src/formats/array.ts";
import { makeFolder, writeFileAtomic } from "../src/formats/index.node.ts";
import { figureDocument, scaling } from "../src/report/index.ts";
import { type Precision, pointKernels } from "../src/runtime/kernels/points.ts";
import { Random } from "../src/runtime/random.ts";
import { drawConnections, PointNetwork } from "../src/spiking/index.ts";
import { type Benchmark, type Case, type Contender, local } from "./benchmark.ts";

const networks = { cuba, cobahh };
type Name = keyof typeof networks;
const names: readonly Name[] = ["cuba", "cobahh"];
const precisions: readonly Precision[] = ["f64", "f32"];
const size = 4000;
const border = 3200;
const steps = 10_000;
/** What a step must read and write of each neuron, in numbers: three of CUBA; six, twice, of COBAHH, and its mask. */
const touched = { cuba: 3, cobahh: 13 };
/** CUBA's neurons have next to nothing to compute, and move on one thread whatever is asked for. */
const shares = { cuba: false, cobahh: true };

const caseName = (name: Name, precision: Precision) => `${name.toUpperCase()}, ${precision}`;

function makeCase(name: Name, precision: Precision, threads: number): Case {
  const width = precision === "f64" ? 8 : 4;
  return {
    name: caseName(name, precision),
    work: { amount: steps * size * touched[name] * width, unit: "bytes" },
    compared: "spikes in a second, all and excitatory,",
    tolerance: 0.1,
    ours: async () => threadsOf(name, threads).map((count) => contender(name, precision, count)),
  };
}

/** Numbers of threads that make a difference. */
const threadsOf = (name: Name, most: number) => (shares[name] && most > 1 ? [1, most] : [1]);

function contender(name: Name, precision: Precision, threads: number): Contender {
  const make = () => new PointNetwork(networks[name]({ precision, threads }).options);
  const network = make();
  const check = async () => {
    const checked = make();
    const { neurons } = (await checked.run(1000)).spikes.cells;
    await checked.release();
    return [neurons.length, neurons.filter((neuron) => neuron < border).length];
  };
  const words = threads === 1 ? "1 thread" : `${threads} threads`;
  const round = local(`Striate ${precision}, ${words}`, check, () => network.run(1000));
  return { ...round, release: () => network.release() };
}

/** The same connections and initial values for the peers, as arrays of a safetensors file. */
function inputs(name: Name): Record<string, NumericArrayLike> {
  const { cells, options } = networks[name]();
  const arrays: Record<string, NumericArrayLike> = {};
  for (const [variable, values] of Object.entries(cells.initial!)) {
    arrays[variable] = { shape: [size], data: Float32Array.from(values as ArrayLike<number>) };
  }
  for (const { name: kind, connections } of options.projections!) {
    const first = kind === "excitation" ? 0 : border;
    const count = kind === "excitation" ? border : size - border;
    const drawn = drawConnections(connections, count, size, new Random(options.seed!).split(kind));
    const shape = [drawn.sources.length];
    arrays[`${kind}.sources`] = { shape, data: Int32Array.from(drawn.sources, (source) => source + first) };
    arrays[`${kind}.targets`] = { shape, data: Int32Array.from(drawn.targets) };
  }
  return arrays;
}

/** The limits: reading CUBA's state from cache in every step, and the 6 exponentials of COBAHH, with nothing around them. */
function limits(precision: Precision): string {
  const memory = new WebAssembly.Memory({ initial: 8, maximum: 8, shared: true });
  const kernels = pointKernels(memory, precision);
  const bytes = Math.ceil((size * (precision === "f64" ? 8 : 4)) / 64) * 64;
  // the fastest of several: the first ones run before the compiler has optimised
  const timed = (work: () => void) => {
    const times = Array.from({ length: 10 }, () => {
      const start = performance.now();
      for (let n = 0; n < steps / 10; n++) work();
      return 10 * (performance.now() - start);
    });
    return Math.min(...times);
  };
  const state = 4096;
  const read = timed(() =>
    kernels.findModal(state, state + bytes, state + 2 * bytes, bytes, 1, 1, 1, 0, 0, state + 3 * bytes),
  );
  const exponentials = timed(() => {
    for (let k = 0; k < 6; k++) kernels.exponentials(state, bytes);
  });
  return `  limits in ${precision}: the pass over CUBA's state alone ${read.toFixed(0)} ms, COBAHH's exponentials alone ${exponentials.toFixed(0)} ms`;
}

/** Time of a biological second against the number of neurons, 80 synapses each. */
async function drawScaling(most: number): Promise<void> {
  const series = [];
  for (const name of names) {
    const threads = Math.max(...threadsOf(name, most));
    for (const precision of precisions) {
      const points = [];
      for (let n = 1000; n <= 64_000; n *= 4) {
        const network = new PointNetwork(networks[name]({ size: n, precision, threads }).options);
        // long enough for the compiler to have optimised
        await network.run(n === 1000 ? 300 : 20, { record: "counts" });
        const start = performance.now();
        await network.run(100, { record: "counts" });
        points.push({ size: n, value: (performance.now() - start) / 100 });
        await network.release();
      }
      series.push({
        name: `${caseName(name, precision)}, ${threads} thread${threads > 1 ? "s" : ""}`,
        points,
      });
    }
  }
  const figure = scaling(
    {
      title: "Networks of point neurons, 80 synapses a neuron, steps of 0.1 ms",
      sizeLabel: "neurons",
      valueLabel: "seconds for a biological second",
      series,
    },
    { document: figureDocument() },
  );
  const folder = join("runs", "bench");
  await makeFolder(folder);
  await writeFileAtomic(join(folder, "point-neurons-size.svg"), figure);
}

export const pointNeurons: Benchmark = {
  name: "point-neurons",
  title: "A biological second of CUBA and COBAHH: 4000 neurons, 320,000 synapses, 10,000 steps",
  peer: "point_neurons.py",
  prepare: async ({ threads }) => {
    for (const precision of precisions) console.log(limits(precision));
    await drawScaling(threads);
    const pairs = names.flatMap((name) => precisions.map((precision) => [name, precision] as const));
    return {
      config: {
        size,
        border,
        cases: Object.fromEntries(pairs.map(([name, precision]) => [caseName(name, precision), name])),
      },
      files: Object.fromEntries(names.map((name) => [`${name}.safetensors`, inputs(name)])),
      cases: pairs.map(([name, precision]) => makeCase(name, precision, threads)),
    };
  },
};
