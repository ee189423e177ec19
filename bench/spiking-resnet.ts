import { buildSpikingGraph, captureNetwork, measureScales } from "../src/convert/spiking-resnet/index.ts";
import { networkFromOnnx } from "../src/nn/onnx/network-from-onnx.ts";
import { Random } from "../src/runtime/random.ts";
import { DenseEngine } from "../src/spiking/dense/index.ts";
import type { SpikingGraph } from "../src/spiking/graph/index.ts";
import { type Benchmark, local } from "./benchmark.ts";
import { resNet20 } from "./resnet20.ts";

const steps = 64;
const count = 50;
const pixels = 3 * 32 * 32;
/** Images at a time: enough for the runtime to be busy, few enough for its caches. */
const batch = 25;
const start = 0.5;

/** A converted ResNet-20: the dense engine against the same simulation in plain PyTorch and in SpikingJelly. */
export const spikingResNet: Benchmark = {
  name: "spiking-resnet",
  title: `Inference of a converted ResNet-20, ${count} images, T = ${steps}, readout summed over the steps`,
  peer: "resnet20_spiking.py",
  prepare: async () => {
    const { file, weights, macs } = resNet20(1);
    const network = networkFromOnnx(file, "ResNet-20");
    const images = new Float32Array(count * pixels);
    new Random(2).fillNormal(images);
    const scales = await measureScales(network, { batch: count, count: 1, get: () => images });
    const graph = buildSpikingGraph(await captureNetwork(network), { scales, start });
    const name = `T = ${steps}, ${count} images`;
    return {
      config: { start, scales, cases: [{ name, images: count, steps }] },
      files: {
        "weights.safetensors": weights,
        "images.safetensors": { images: { shape: [count, 3, 32, 32], data: images } },
      },
      cases: [
        {
          name,
          work: { amount: 2 * count * (macs.first + steps * (macs.all - macs.first)), unit: "operations" },
          compared: "logits",
          // A potential within rounding of the threshold may fire on one side and not on the other.
          tolerance: 2e-2,
          ours: async () => {
            const engine = new DenseEngine(graph, { batch });
            const run = () => simulate(engine, graph, images);
            return local("Striate", run, run);
          },
        },
      ],
    };
  },
};

/** Readouts of all images over the number of steps. */
async function simulate(engine: DenseEngine, graph: SpikingGraph, images: Float32Array): Promise<number[]> {
  const output = graph.nodes.find(({ operation }) => operation.type === "output")!.name;
  const logits: number[] = [];
  for (let at = 0; at < count; at += batch) {
    engine.reset();
    const total = new Float64Array(batch * 10);
    for await (const results of engine.run(images.subarray(at * pixels, (at + batch) * pixels), steps)) {
      const currents = results[output]!.data as Float32Array;
      for (const [i, current] of currents.entries()) total[i % total.length]! += current / steps;
    }
    logits.push(...total);
  }
  return logits;
}
