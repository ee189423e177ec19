import { accuracyTable, firingRateTable, sequentialErrorTable } from "./figure-tables.ts";
import { type AccuracyByStepsData, accuracyBySteps } from "./figures/accuracy-by-steps.ts";
import { type EnergyAndSpikesData, energyAndSpikes } from "./figures/energy-and-spikes.ts";
import { type FiringRateSeries, firingRates } from "./figures/firing-rates.ts";
import { type RasterData, raster } from "./figures/raster.ts";
import { type SequentialErrorSeries, sequentialError } from "./figures/sequential-error.ts";
import { type TrainingHistory, trainingCurve } from "./figures/training-curve.ts";
import { duration, fixed } from "./numbers.ts";
import { command, facts, figureBlock, list, paragraph, type Section } from "./page.ts";
import type { Provenance, QuickstartSummary } from "./quickstart-data.ts";

/** The sections that reports are made of: a figure, how to read it, its numbers. Each is undefined without data. */

export function accuracySection(data: AccuracyByStepsData, document: Document): Section | undefined {
  if (data.series.length === 0) return undefined;
  const caption =
    "How to read it: each line is one spiking network, asked for its answer after 1, 2, 3 … time steps. More steps mean more spikes to decide on, and a longer wait. The dashed line is the float network and the dotted one the quantised network of the same number of bits, which the conversion tries to reach; a network of b bits is made for T = 2ᵇ − 1 steps. The accuracy axis counts mistakes by ratio: 98 to 99 % is as high as 96 to 98 %, because both halve the mistakes.";
  return {
    title: "Accuracy, step by step",
    content: [
      figureBlock((options) => accuracyBySteps(data, options), document, caption, accuracyTable(data.series)),
    ],
  };
}

export function sequentialErrorSection(
  series: SequentialErrorSeries[],
  document: Document,
): Section | undefined {
  if (series.length === 0) return undefined;
  const caption =
    "How to read it: layers from the input (top) to the output (bottom); the further right, the further the layer’s mean spiking output lies from what the quantised network computes there (mean |spiking − quantised| over mean |quantised|). A neuron must act on the input that has arrived so far. If it fires on input that later turns out negative, an unsigned neuron cannot take the spike back, and the next layer inherits the mistake: this is the sequential error. A signed neuron sends a negative spike instead.";
  return {
    title: "Where conversion loses accuracy",
    content: [
      figureBlock(
        (options) => sequentialError(series, options),
        document,
        caption,
        sequentialErrorTable(series),
      ),
    ],
  };
}

export function rasterSection(data: RasterData | undefined, document: Document): Section | undefined {
  if (data === undefined) return undefined;
  const caption =
    "How to read it: time runs to the right, one column for each step; every row is a neuron and every bar a spike. The image is shown to the first layer at every step. Of a layer with many neurons a sample is drawn, spread over the layer, with up to a quarter of the rows kept for neurons that fire a negative spike; the counts beside the layer’s name are of all its neurons.";
  return {
    title: "One image in spikes",
    content: [figureBlock((options) => raster(data, options), document, caption)],
  };
}

export function firingRateSection(series: FiringRateSeries[], document: Document): Section | undefined {
  if (series.length === 0) return undefined;
  const caption =
    "How to read it: the mean number of spikes, of either sign, that a neuron of the layer fires in one time step; 1 would be a spike from every neuron at every step. Silent neurons cost no synaptic operations, so low rates are what makes event-driven hardware cheap.";
  return {
    title: "How busy the layers are",
    content: [
      figureBlock((options) => firingRates(series, options), document, caption, firingRateTable(series)),
    ],
  };
}

export function energySection(
  data: EnergyAndSpikesData,
  caveats: readonly string[],
  document: Document,
): Section | undefined {
  if (data.spiking.length === 0) return undefined;
  const caption =
    "How to read it: bars start at zero and are means over the test images. The float network multiplies and adds for every connection; a spiking network, behind its first layer, which sees the image itself, adds a weight only where a spike arrives.";
  return {
    title: "Spikes and energy",
    content: [
      figureBlock((options) => energyAndSpikes(data, options), document, caption),
      ...(caveats.length > 0 ? [paragraph("What the energy estimate rests on:"), list(caveats)] : []),
    ],
  };
}

export function trainingSection(
  history: TrainingHistory | undefined,
  document: Document,
): Section | undefined {
  if (history === undefined || history.phases.every(({ points }) => points.length === 0)) return undefined;
  const caption =
    "How to read it: training runs from left to right, phase after phase, each on the weights that the one before left. The loss should fall and the accuracy rise (on an axis that counts mistakes by ratio); a jump where a phase begins is what the coarser activations cost before training repairs it.";
  return {
    title: "Training",
    content: [figureBlock((options) => trainingCurve(history, options), document, caption)],
  };
}

/** Command, seed, versions, machine, times. */
export function reproductionSection(
  provenance: Provenance,
  run: Partial<Pick<QuickstartSummary, "seconds" | "peakMemoryMB">> = {},
): Section {
  const { seed, machine, versions } = provenance;
  const entries: [string, string][] = [
    ["seed", String(seed)],
    ["machine", machine],
    ...Object.entries(versions),
  ];
  for (const [part, seconds] of Object.entries(run.seconds ?? {})) {
    entries.push([part === "total" ? "time, total" : `time, ${spaced(part)}`, duration(seconds)]);
  }
  if (run.peakMemoryMB !== undefined) entries.push(["peak memory", `${fixed(run.peakMemoryMB, 0)} MB`]);
  return {
    title: "Do it again",
    content: [
      command(provenance.command),
      paragraph(
        "The same command, seed and versions on the same kind of processor give the same numbers, apart from times and memory.",
      ),
      facts(entries),
    ],
  };
}

/** "fineTuning" → "fine tuning". */
function spaced(name: string): string {
  return name.replace(/([a-z])([A-Z])/g, (_, before, after) => `${before} ${after.toLowerCase()}`);
}

export function present(sections: (Section | undefined)[]): Section[] {
  return sections.filter((section) => section !== undefined);
}
