import { countParameters } from "../cortex/adaptation.ts";
import { bootstrapDifference, bootstrapMean, type Estimate } from "../cortex/metrics/index.ts";
import { coreHash } from "../cortex/model-file.ts";
import type { Recording } from "../formats/recording.ts";
import type { AdaptedSummary, CortexReports, CortexSummary, Interval } from "../report/index.ts";
import { trainingImages } from "./adaptation-arms.ts";
import { adaptationContext } from "./adaptation-job.node.ts";
import { describeAdaptation } from "./adaptation-report.ts";
import type { QuickstartArm } from "./quickstart-arms.node.ts";
import type { CortexSettings } from "./quickstart-cortex.node.ts";
import { quickstartProvenance } from "./quickstart-digits.node.ts";
import type { LoadedResponseModel } from "./response-model-path.node.ts";
import { describeResponses } from "./response-report.ts";
import { presetInWords, recordingsInWords } from "./response-run-description.ts";
import { peakMemoryMegabytes } from "./run-description.node.ts";
import type { RunFolder } from "./run-folder.node.ts";
import { overallCorrelation, type ScoredRecording } from "./score-responses.ts";
import type { PartSeconds } from "./work-clock.ts";

/** The model, its predictions of the animals that it was fitted to, and the arms of its adaptation to another. */
interface CortexResults {
  readonly base: LoadedResponseModel;
  readonly scored: readonly ScoredRecording[];
  /** Paths, readout, from scratch. */
  readonly arms: readonly QuickstartArm[];
}

const intervalOf = ({ low, high }: Estimate): Interval => [low, high];

/** The second half as summary.json has it. */
export function summarizeCortex({ base, scored, arms }: CortexResults, seed: number): CortexSummary {
  const [paths, readout, scratch] = arms as [QuickstartArm, QuickstartArm, QuickstartArm];
  const fitted = overallCorrelation(scored, seed);
  const adapted = ({ perNeuron, trainableParameters }: QuickstartArm): AdaptedSummary => {
    const mean = bootstrapMean(perNeuron, { seed });
    return { correlation: mean.value, interval: intervalOf(mean), trainableParameters };
  };
  const advantage = bootstrapDifference(paths.perNeuron, readout.perNeuron, { seed });
  return {
    model: base.name,
    animals: scored.length,
    neurons: fitted.neurons,
    correlation: fitted.value,
    interval: intervalOf(fitted),
    ceiling: bootstrapMean(
      scored.flatMap(({ scores }) => [...scores.ceiling!.perNeuron]),
      { seed },
    ).value,
    trainableParameters: countParameters(base.model.parameters),
    images: paths.images,
    heldOutNeurons: paths.perNeuron.length,
    heldOutCeiling: paths.metrics.ceiling!.value,
    adapted: {
      ...adapted(paths),
      paths: paths.arm.train === "paths" ? [...paths.arm.paths] : [],
      overReadoutOnly: { value: advantage.value, interval: intervalOf(advantage) },
    },
    readoutOnly: adapted(readout),
    fromScratch: adapted(scratch),
  };
}

/** What reports show of the second half. */
export async function reportCortex(
  { base, scored, arms }: CortexResults,
  heldOut: Recording,
  { preset, adaptation: { images, training } }: CortexSettings,
  {
    seed,
    seconds,
    folder,
  }: { readonly seed: number; readonly seconds: PartSeconds; readonly folder: RunFolder },
): Promise<CortexReports> {
  const context = {
    notes: [],
    provenance: quickstartProvenance(seed),
    seconds,
    peakMemoryMB: peakMemoryMegabytes(),
  };
  const responses = await describeResponses(base.name, base.model, scored, {
    ...context,
    run: "fit",
    data: recordingsInWords(scored.map(({ recording }) => recording)),
    configuration: presetInWords(preset, base.model.specification.input),
  });
  const job = {
    path: folder.path,
    base,
    recordings: [heldOut],
    all: trainingImages([heldOut]),
    arms: arms.map(({ arm }) => arm),
    images: [images],
    training,
    seed,
    folder,
    notes: [],
    begun: 0,
  };
  const core = { before: await coreHash(base.model), after: arms[0]!.core };
  const adaptation = describeAdaptation(arms, [heldOut], { ...adaptationContext(job, core), ...context });
  return { responses: { ...responses, responseUnit: "spikes" }, adaptation };
}
