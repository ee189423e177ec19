import { type ImageDataset, sliceDataset } from "../formats/dataset.ts";
import { orderedBatch } from "../nn/batches.ts";
import type { Signal } from "../nn/layer.ts";
import type { Model } from "../nn/model-file.ts";
import type { RasterData } from "../report/index.ts";
import { compile } from "../runtime/compile.ts";
import { input, type Tensor } from "../tensor/index.ts";
import { contextFor } from "./classifier.ts";

/** Every spike that one image of a data set sets off in a spiking network. */
export async function recordRaster(
  { network, description }: Model,
  data: ImageDataset,
  index: number,
): Promise<RasterData> {
  const { channels, height, width } = network.architecture.input;
  const images = input("images", [1, channels, height, width]);
  const { context, steps } = contextFor(network, description.kind);
  const recorded: { name: string; output: Signal }[] = [];
  const logits = network.call(images, {
    ...context,
    activate: (unit, current) => {
      const output = context.activate(unit, current);
      recorded.push({ name: unit.name, output });
      return output;
    },
  });
  const outputs: Record<string, Tensor> = {};
  for (const [layer, { output }] of recorded.entries()) {
    for (const [t, spikes] of output.entries()) outputs[`${layer}:${t}`] = spikes;
  }
  for (const [t, values] of logits.entries()) outputs[`logits:${t}`] = values;
  const program = await compile({ inputs: [images], outputs }, { freeze: true });
  try {
    const one = sliceDataset(data, index, index + 1);
    const results = await program.run({ images: orderedBatch(one, description.scale, 0, 1).images });
    const layers = recorded.map(({ name, output }, layer) => {
      const spikes: { neuron: number; step: number; sign: 1 | -1 }[] = [];
      let neurons = 0;
      for (let t = 0; t < output.length; t++) {
        const values = results[`${layer}:${t}`]!.data as Float32Array;
        neurons = values.length;
        for (let neuron = 0; neuron < values.length; neuron++) {
          if (values[neuron] !== 0) spikes.push({ neuron, step: t + 1, sign: values[neuron]! > 0 ? 1 : -1 });
        }
      }
      return { name, neurons, spikes };
    });
    const totals = new Float64Array(description.classes);
    for (let t = 0; t < logits.length; t++) {
      const values = results[`logits:${t}`]!.data as Float32Array;
      for (let i = 0; i < totals.length; i++) totals[i]! += values[i]!;
    }
    const predicted = totals.indexOf(Math.max(...totals));
    const name = (label: number) => description.classNames?.[label] ?? label;
    return {
      layers,
      steps,
      image: { height, width, pixels: Array.from(one.images.subarray(0, height * width)) },
      label: name(one.labels[0]!),
      predicted: name(predicted),
    };
  } finally {
    await program.release();
  }
}
