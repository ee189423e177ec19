// For nir_interchange.py: exports networks as NIR and runs them on the dense engine. Needs a build.
// Given the path of a JSON list of jobs {from, to, dt, steps, integration}: a NIR file is imported with the step dt and
// exported again; an ONNX file, or an architecture with drawn weights, is converted, with reset and start, and exported.
// The input is to + ".input", float32 (steps, …), or (…) for a converted network. Writes to + ".json": spikes of every layer of neurons as the list of their
// places in (steps, …), what the output node puts out, and the warnings of the export.
import { readFileSync, writeFileSync } from "node:fs";
import {
  buildSpikingGraph,
  captureNetwork,
  measureScales,
} from "../dist/src/convert/spiking-resnet/index.js";
import {
  buildNetwork,
  networkFromOnnx,
  nirFromSpikingGraph,
  readNirFile,
  readOnnx,
  spikingGraphFromNir,
  writeNirFile,
} from "../dist/src/node.js";
import { DenseEngine } from "../dist/src/spiking/dense/index.js";

async function graphOf({ from, architecture, dt, reset, start }, input) {
  if (from?.endsWith(".nir")) return spikingGraphFromNir(await readNirFile(from), { timeStep: dt });
  const network = architecture
    ? buildNetwork(architecture, 5)
    : networkFromOnnx(readOnnx(new Uint8Array(readFileSync(from)), from), from);
  // Of a darker image: the largest current would otherwise bring its neuron exactly to the threshold in every step
  const dark = input.map((value) => 0.93 * value);
  const scales = await measureScales(network, { batch: 1, count: 1, get: () => dark }, { percentile: 100 });
  return buildSpikingGraph(await captureNetwork(network), { scales, reset, start });
}

for (const job of JSON.parse(readFileSync(process.argv[2], "utf8"))) {
  const bytes = readFileSync(`${job.to}.input`);
  const input = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  const graph = await graphOf(job, input);
  const { nir, warnings } = nirFromSpikingGraph(graph);
  await writeNirFile(job.to, nir);
  const neurons = graph.nodes.filter(({ operation }) => operation.firing).map(({ name }) => name);
  const record = [...neurons, "output"];
  const kind = job.reset === undefined ? "steps" : "constant";
  const engine = new DenseEngine(graph, { batch: 1, input: kind, integration: job.integration, record });
  const values = Object.fromEntries(record.map((name) => [name, []]));
  for await (const results of engine.run(input, job.steps)) {
    for (const name of record) values[name].push(...results[name].data);
  }
  await engine.release();
  const placesOf = (list) => [...list.keys()].filter((i) => list[i] === 1);
  const spikes = neurons.map((name) => [name.replaceAll("/", "."), placesOf(values[name])]);
  writeFileSync(
    `${job.to}.json`,
    JSON.stringify({ spikes: Object.fromEntries(spikes), output: values.output, warnings }),
  );
}
