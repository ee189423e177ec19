/**
 * An hour of a synthetic event camera, on both engines: `node dist/examples/hour-long-stream.js [minutes]`.
 *
 * A bar wanders over 16 × 16 pixels; its events are encoded as EVT3, decoded again, counted in steps of 5 ms, and fed to
 * leaky neurons, as fast as it goes. Prints every ten minutes of the recording how much memory the process has, and at
 * how many steps the two engines have put out something else.
 */
import * as striate from "striate/node";

const minutes = Number(process.argv[2] ?? 60);
const SIDE = 16;
const STEP = 5000;
const STEPS_AT_ONCE = 200;

/** Events of a bar that goes to and fro, now vertical, now horizontal; some ten thousand a second, and noise. */
async function* bar(): AsyncGenerator<striate.Events> {
  const random = new striate.Random(1);
  const size = 1024;
  const draws = new Float32Array(3 * size);
  for (let time = 0, packet = 0; time < minutes * 60e6; packet++) {
    random.split(`packet ${packet}`).fillUniform(draws);
    const x = new Uint16Array(size);
    const y = new Uint16Array(size);
    const p = new Uint8Array(size);
    const t = new Float64Array(size);
    for (let i = 0; i < size; i++) {
      time += 400 * draws[3 * i]!;
      const phase = (time / 2e6) % 4;
      const place = Math.floor(SIDE * Math.abs((phase % 2) - 1) * 0.999);
      const along = Math.floor(SIDE * draws[3 * i + 1]!);
      const isNoise = draws[3 * i + 2]! < 0.1;
      const across = isNoise ? (along * 7 + i) % SIDE : place;
      [x[i], y[i]] = phase < 2 ? [across, along] : [along, across];
      p[i] = i & 1;
      t[i] = Math.floor(time);
    }
    yield { x, y, p, t, count: size };
  }
}

function network(): striate.SpikingGraph {
  const random = new striate.Random(2);
  const drawn = (name: string, shape: number[], scale: number): striate.Numbers => {
    const data = new Float32Array(shape.reduce((product, extent) => product * extent, 1));
    random.split(name).fillNormal(data, 0, scale);
    return { shape, data };
  };
  const leaky: striate.Operation = {
    type: "neuron",
    membrane: { kind: "leaky", tau: striate.scalar(0.02), r: striate.scalar(4), vLeak: striate.scalar(0) },
    firing: { threshold: striate.scalar(1), strict: false, reset: "subtract" },
    start: striate.scalar(0),
  };
  const operations: striate.Operation[] = [
    { type: "input", shape: [2, SIDE, SIDE] },
    {
      type: "conv2d",
      weight: drawn("first", [16, 2, 5, 5], 0.3),
      stride: [2, 2],
      padding: [2, 2, 2, 2],
      dilation: [1, 1],
      groups: 1,
    },
    leaky,
    { type: "reshape", shape: [1024] },
    { type: "linear", weight: drawn("second", [4, 1024], 0.2) },
    leaky,
    { type: "output" },
  ];
  const nodes = operations.map((operation, i) => ({
    name: `node${i}`,
    inputs: i === 0 ? [] : [`node${i - 1}`],
    operation,
  }));
  return { nodes, timeStep: STEP / 1e6, metadata: {} };
}

const graph = network();
const engines = {
  dense: new striate.DenseEngine(graph, { batch: 1, input: "steps" }),
  event: new striate.EventEngine(graph, { batch: 1, input: "steps", threads: 1 }),
};
const sensor = { width: SIDE, height: SIDE };
const encoded = striate.encodeEvents(bar(), { format: "evt3", sensor });
const stream = await striate.readEvents(encoded, "bar.raw");
const values = new Float32Array(STEPS_AT_ONCE * 2 * SIDE * SIDE);
const spikes = { dense: 0, event: 0 };
let [steps, waiting, events, differing] = [0, 0, 0, 0];
const begun = performance.now();

async function advance(): Promise<void> {
  const outputs: Record<string, number[]> = { dense: [], event: [] };
  for (const name of ["dense", "event"] as const) {
    const input = values.subarray(0, waiting * 2 * SIDE * SIDE);
    for await (const results of engines[name].run(input, waiting)) {
      outputs[name]!.push(...(results.node6!.data as Float32Array));
    }
    spikes[name] += outputs[name]!.reduce((sum, value) => sum + value, 0);
  }
  for (let t = 0; t < waiting; t++) {
    const isSame = [0, 1, 2, 3].every((k) => outputs.dense![4 * t + k] === outputs.event![4 * t + k]);
    if (!isSame) differing++;
  }
  steps += waiting;
  waiting = 0;
}

for await (const frame of striate.frameEvents(stream, { window: STEP, sensor })) {
  values.set(frame.data, waiting * frame.data.length);
  events += frame.events;
  if (++waiting === STEPS_AT_ONCE) await advance();
  if ((frame.index + 1) % (600e6 / STEP) === 0) report();
}
await advance();
report();
await Promise.all(Object.values(engines).map((engine) => engine.release()));

function report(): void {
  const recorded = ((steps * STEP) / 60e6).toFixed(1);
  const memory = (process.memoryUsage.rss() / 2 ** 20).toFixed(0);
  const seconds = ((performance.now() - begun) / 1000).toFixed(0);
  console.log(
    `${recorded} min of recording in ${seconds} s: ${events} events, ${memory} MB; spikes ${spikes.dense} dense, ${spikes.event} event; ${differing} of ${steps} steps differ`,
  );
}
