import * as striate from "striate/node";

const data = await striate.loadDataset("mnist");
const run = await striate.RunFolder.open("runs/example");
const architecture: striate.ArchitectureInput = {
  input: { channels: 1, height: 28, width: 28 },
  layers: [
    ...striate.convolutionUnit({ channels: 16, kernel: 3, stride: 2 }),
    ...striate.convolutionUnit({ channels: 32, kernel: 3, stride: 2 }),
    ...striate.convolutionUnit({ channels: 32, kernel: 3, stride: 2 }),
    { type: "flatten" },
    { type: "linear", features: 10 },
  ],
};
const float = { epochs: 1, learningRate: 0.1 };
const quantized = { phases: [{ bits: 3, epochs: 1, learningRate: 0.03 }] };
await striate.train({ name: "example", data: "mnist", architecture, float, quantized }, data.train, run);
const { fineTuned } = await striate.convertFastSnn(await run.readModel("quantized-3"), data.train);
const { accuracy, steps, spikesPerImage } = await striate.evaluate(fineTuned, data.test);
console.log(`${(100 * accuracy).toFixed(2)} % in ${steps} steps with ${spikesPerImage.toFixed(0)} spikes`);
