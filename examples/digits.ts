import { convertFastSnn, evaluate, loadDataset, RunFolder, train } from "striate/node";

const data = await loadDataset("mnist");
const unit = (channels: number, stride: number) => [
  { type: "conv" as const, channels, kernel: 3, stride },
  { type: "norm" as const },
  { type: "activation" as const },
];
const run = await RunFolder.open("runs/example");
const layers = [
  ...unit(16, 2),
  ...unit(32, 2),
  ...unit(32, 2),
  { type: "flatten" as const },
  { type: "linear" as const, features: 10 },
];
const architecture = { input: { channels: 1, height: 28, width: 28 }, layers };
const float = { epochs: 1, learningRate: 0.1 };
const quantized = { phases: [{ bits: 3, epochs: 1, learningRate: 0.03 }] };
await train({ name: "example", data: "mnist", architecture, float, quantized }, data.train, run);

const { fineTuned } = await convertFastSnn(await run.readModel("quantized-3"), data.train, {
  neurons: "signed",
});
const { accuracy, steps, spikesPerImage } = await evaluate(fineTuned, data.test);
console.log(`${(100 * accuracy).toFixed(2)} % in ${steps} steps with ${Math.round(spikesPerImage)} spikes`);
