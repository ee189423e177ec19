import type { AdaptationArm } from "../cortex/adaptation.ts";
import { countParameters } from "../cortex/adaptation.ts";
import type { AdaptationTraining } from "../cortex/presets.ts";
import type { Recording } from "../formats/recording.ts";
import { plural } from "../report/index.ts";
import type { AdaptationContext } from "./adaptation-report.ts";
import type { LoadedResponseModel } from "./response-model-path.node.ts";
import { recordingsInWords } from "./response-run-description.ts";
import { peakMemoryMegabytes, provenance } from "./run-description.node.ts";
import type { RunFolder } from "./run-folder.node.ts";

/** A model, what it is adapted to, and how. */
export interface AdaptationJob {
  /** The run or file that the model came from. */
  readonly path: string;
  readonly base: LoadedResponseModel;
  readonly recordings: readonly Recording[];
  /** Training images of the recording that has most. */
  readonly all: number;
  readonly arms: readonly AdaptationArm[];
  /** Training images of each recording; undefined for all. */
  readonly images: readonly (number | undefined)[];
  readonly training: AdaptationTraining;
  readonly seed: number;
  readonly folder: RunFolder;
  readonly notes: string[];
  /** When the work began, as performance.now() has it. */
  readonly begun: number;
}

/** What a report says of a job, with `core` the SHA-256 of the frozen core before and after. */
export function adaptationContext(
  { path, base, recordings, images, training, seed, notes, begun }: AdaptationJob,
  core: { readonly before: string; readonly after: string },
): AdaptationContext {
  const { steps, batchSize, learningRate, coreRate } = training;
  const frozen =
    core.before === core.after
      ? `SHA-256 ${core.before.slice(0, 12)}…, the same before and after`
      : `trained: SHA-256 ${core.before.slice(0, 12)}… before, ${core.after.slice(0, 12)}… after`;
  return {
    model: `${base.name} (${path})`,
    data: recordingsInWords(recordings),
    modelParameters: countParameters(base.model.parameters),
    configuration: [
      ["training images", images.map((count) => count ?? "all").join(", ")],
      [
        "training",
        `AdamW, about ${plural(steps, "step")} of up to ${batchSize} trials of each recording, learning rate ${learningRate}, × ${coreRate} for a core that is fine-tuned`,
      ],
      ["core", frozen],
    ],
    notes,
    provenance: provenance(seed),
    seconds: { total: (performance.now() - begun) / 1000 },
    peakMemoryMB: peakMemoryMegabytes(),
  };
}
