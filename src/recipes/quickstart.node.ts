import type { ImageDataset } from "../formats/dataset.ts";
import type { QuickstartReport } from "../report/index.ts";
import { type CortexSettings, quickstartCortex } from "./quickstart-cortex.node.ts";
import { type QuickstartJob, quickstartDigits } from "./quickstart-digits.node.ts";
import { peakMemoryMegabytes } from "./run-description.node.ts";
import { RunFolder } from "./run-folder.node.ts";
import { addedUp } from "./work-clock.ts";

export interface QuickstartOptions extends QuickstartJob {
  /** Sizes of the second half; `cortexSettings` when absent. */
  readonly cortex?: CortexSettings;
}

/**
 * The main job, from images to a report, in two halves. A network learns digits and becomes a spiking one
 * (`quickstartDigits`); a response model is fitted to synthetic V1s and adapted to another (`quickstartCortex`), in a
 * run of its own in the folder `cortex`.
 */
export async function quickstart(
  data: { readonly train: ImageDataset; readonly test: ImageDataset },
  folder: RunFolder,
  { cortex: settings, ...job }: QuickstartOptions,
): Promise<QuickstartReport> {
  const cortexFolder = await RunFolder.open(folder.file("cortex"));
  if (!job.resume) await cortexFolder.remove("run.json");
  const digits = await quickstartDigits(data, folder, job);
  const cortex = await quickstartCortex(cortexFolder, { ...job, ...(settings && { settings }) });
  const { seconds, peakMemoryMB: _, ...summary } = digits.summary;
  return {
    ...digits,
    summary: {
      ...summary,
      cortex: cortex.summary,
      seconds: addedUp(seconds, cortex.seconds),
      peakMemoryMB: peakMemoryMegabytes(),
    },
    cortex: { responses: cortex.responses, adaptation: cortex.adaptation },
  };
}
