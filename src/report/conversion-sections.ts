import type { ConversionReport } from "./conversion-data.ts";
import {
  costTable,
  costTableNote,
  layerRateTable,
  variantAccuracyTable,
  variantErrorTable,
} from "./conversion-tables.ts";
import { conversionAccuracy } from "./figures/conversion-accuracy.ts";
import { conversionCosts } from "./figures/conversion-costs.ts";
import { conversionError } from "./figures/conversion-error.ts";
import { conversionRates } from "./figures/conversion-rates.ts";
import { figureBlock, list, note, paragraph, type Section, scroll } from "./page.ts";

/** The sections of the report on a conversion, each undefined without data. */

export function resultSection(report: ConversionReport): Section {
  return { title: "Before and after", content: [scroll(costTable(report)), note(costTableNote)] };
}

export function notesSection(notes: readonly string[]): Section | undefined {
  return notes.length === 0 ? undefined : { title: "What to know", content: [list(notes)] };
}

export function variantAccuracySection(
  { variants, ann }: ConversionReport,
  document: Document,
): Section | undefined {
  const measured = variants.filter(({ accuracyBySteps }) => accuracyBySteps.length > 0);
  if (measured.length === 0) return undefined;
  const caption =
    "How to read it: each line is the network converted with some of the corrections, asked for its answer after T time steps; each tick to the right doubles T. The last in the legend is the network that was saved, the dashed line the network before conversion. The accuracy axis counts mistakes by ratio: halving them is the same height everywhere.";
  return {
    title: "Accuracy, step by step",
    content: [
      figureBlock(
        (options) => conversionAccuracy({ variants, ann: ann.accuracy }, options),
        document,
        caption,
        variantAccuracyTable(variants),
      ),
    ],
  };
}

export function variantErrorSection({ variants }: ConversionReport, document: Document): Section | undefined {
  if (variants.every(({ layers }) => layers.length === 0)) return undefined;
  const caption =
    "How to read it: layers from the input (top) to the output (bottom); the further right, the further the layer’s firing rates N/T lie from the activations a/λ that they stand for, as a mean over neurons and calibration images. A neuron fires whole spikes only, so that part of its activation is left in its potential at the end; the next layer inherits what is missing.";
  return {
    title: "Where conversion loses accuracy",
    content: [
      figureBlock(
        (options) => conversionError(variants, options),
        document,
        caption,
        variantErrorTable(variants),
      ),
    ],
  };
}

export function layerRateSection({ variants }: ConversionReport, document: Document): Section | undefined {
  const layers = variants.at(-1)?.layers ?? [];
  if (layers.length === 0) return undefined;
  const caption =
    "How to read it: the mean number of spikes that a neuron of the layer fires in one time step in the saved network; 1 would be a spike from every neuron at every step. Silent neurons cost no synaptic operations.";
  return {
    title: "How busy the layers are",
    content: [
      figureBlock((options) => conversionRates(layers, options), document, caption, layerRateTable(layers)),
    ],
  };
}

export function costSection(report: ConversionReport, document: Document): Section | undefined {
  if (report.costs.length === 0) return undefined;
  const caption =
    "How to read it: bars start at zero and are means over the images; the first is the ANN, the others are the saved network after T steps. The ANN multiplies and adds for every connection; the spiking network, behind what sees the image itself, adds a weight only where a spike arrives, but does so in every step.";
  return {
    title: "Operations and energy",
    content: [
      figureBlock((options) => conversionCosts(report, options), document, caption),
      ...(report.energyCaveats.length > 0
        ? [paragraph("What the energy estimate rests on:"), list(report.energyCaveats)]
        : []),
    ],
  };
}
