/**
 * CUBA, or with the argument "cobahh" COBAHH, for a second: `node dist/examples/cuba.js [cuba|cobahh] [f32|f64]
 * [threads]`. Writes the spikes and the rate to runs/<name>.svg.
 */
import * as striate from "striate/node";
import { cobahh, cuba } from "./brette.ts";

const name = process.argv[2] === "cobahh" ? "cobahh" : "cuba";
const precision = process.argv[3] === "f32" ? "f32" : "f64";
const threads = Number(process.argv[4] ?? 1);
const { cells, options } = (name === "cuba" ? cuba : cobahh)({ precision, threads });

const started = performance.now();
const network = new striate.PointNetwork(options);
const made = performance.now();
const { spikes, duration } = await network.run(1000);
const done = performance.now();
await network.release();

const { times, neurons, counts } = spikes[cells.name];
const border = 0.8 * cells.size;
const rate = (part: Uint32Array) => part.reduce((sum, n) => sum + n, 0) / part.length / (duration / 1000);
console.log(
  `${cells.size} neurons, ${network.synapseCount} synapses, ${times.length} spikes in ${duration} ms`,
);
console.log(
  `excitatory ${rate(counts.subarray(0, border)).toFixed(2)} Hz, inhibitory ${rate(counts.subarray(border)).toFixed(2)} Hz`,
);
console.log(
  `made in ${(made - started).toFixed(0)} ms, a biological second in ${((done - made) / (duration / 1000)).toFixed(0)} ms`,
);

const title = `${name.toUpperCase()}, ${cells.size} neurons`;
const figure = striate.spikeRaster(
  { title, times, neurons, size: cells.size, duration },
  { document: striate.figureDocument() },
);
await striate.makeFolder("runs");
await striate.writeFileAtomic(`runs/${name}.svg`, figure);
console.log(`runs/${name}.svg shows the spikes`);
