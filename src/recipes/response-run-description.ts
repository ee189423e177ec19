import type { ResponsePreset } from "../cortex/presets.ts";
import { measureScales } from "../cortex/scales.ts";
import type { CoreSpecification } from "../cortex/specification.ts";
import { trialsOf } from "../cortex/trials.ts";
import type { Recording } from "../formats/recording.ts";
import { plural } from "../report/index.ts";

/** What run.json says of recordings, and how they were standardised. */
export const describeData = (recordings: readonly Recording[]) =>
  recordings.map((recording) => {
    const { name, subject, dataset, neurons, trials, stimuli, tierOf } = recording;
    const tiers: Record<string, number> = {};
    for (const tier of tierOf) tiers[tier] = (tiers[tier] ?? 0) + 1;
    const { image, behavior, pupil, response } = measureScales(recording, trialsOf(recording, "train"));
    return {
      path: name,
      subject,
      dataset,
      neurons,
      trials,
      tiers,
      images: { count: stimuli.count, size: [stimuli.channels, stimuli.height, stimuli.width] },
      preprocessing: {
        images: { mean: image[0]!, deviation: image[1]! },
        responses: {
          dividedBy: "each neuron's deviation in training trials",
          least: response.reduce((least, one) => Math.min(least, one), Number.POSITIVE_INFINITY),
        },
        ...(recording.behavior && { behavior: { dividedBy: [...behavior] } }),
        ...(recording.pupilCenter && {
          pupilCenter: { mean: [...pupil.slice(0, 2)], deviation: [...pupil.slice(2)] },
        }),
      },
    };
  });

/** Recordings in a few words: "4 recordings of synthetic-v1, 2,000 training trials of animal1, …". */
export function recordingsInWords(recordings: readonly Recording[]): string {
  const datasets = [...new Set(recordings.map(({ dataset }) => dataset))].join(", ");
  const names = recordings.map(({ subject }) => subject);
  const listed =
    names.length > 6 ? `${names.slice(0, 6).join(", ")} and ${names.length - 6} more` : names.join(", ");
  return `${plural(recordings.length, "recording")} of ${datasets} (${listed})`;
}

/** Name and value of what made a model, for its report. */
export function presetInWords(
  { core, readout, training }: ResponsePreset,
  { channels, height, width }: { readonly channels: number; readonly height: number; readonly width: number },
): [name: string, value: string][] {
  const { epochs, batchSize, learningRate, schedule, weightDecay, coreL1, readoutPenalty } = training;
  return [
    ["input", `${channels} × ${height} × ${width}, standardised`],
    ["core", coreInWords(core)],
    ["readout", readout.kind === "gaussian" ? "Gaussian, one position a neuron" : "linear"],
    ["loss", "Poisson"],
    [
      "training",
      `AdamW, ${plural(epochs, "epoch")} at most, ${batchSize} trials of each subject a step, learning rate ${learningRate} (${schedule})`,
    ],
    [
      "regularisation",
      [
        `weight decay ${weightDecay}`,
        ...(coreL1 > 0 ? [`L1 of the core ${coreL1}`] : []),
        `readout ${readoutPenalty}`,
      ].join(", "),
    ],
  ];
}

export function coreInWords(core: CoreSpecification): string {
  switch (core.kind) {
    case "pixels":
      return "pixels";
    case "convolutional":
      return `${plural(core.layers, "convolution")} of ${core.channels} channels, kernels ${core.inputKernel} then ${core.hiddenKernel}`;
    case "transformer":
      return `transformer: ${plural(core.depth, "block")} of width ${core.width}, ${plural(core.heads, "head")}, patches of ${core.patch} at stride ${core.stride}`;
  }
}
