import { countParameters } from "../cortex/adaptation.ts";
import type { Core } from "../cortex/core.ts";
import { readoutCenters } from "../cortex/read-parameters.ts";
import type { ResponseModel } from "../cortex/response-model.ts";
import { attentionRollouts } from "../cortex/rollout.ts";
import { prepareTrials } from "../cortex/trials.ts";
import type { ImageStack } from "../formats/recording.ts";
import type { EpochRecord } from "../nn/fit.ts";
import type {
  AttentionRollout,
  GreyStimulus,
  ReceptiveFieldCentres,
  ResponseReport,
  ScoreDistribution,
  TrainingHistory,
} from "../report/index.ts";
import { chooseScore, reportedMetrics, reportedSubjects, type ScoreChoice } from "./reported-scores.ts";
import { neuronTraces } from "./response-traces.ts";
import type { ScoredRecording } from "./score-responses.ts";

/** Stimuli that the attention is shown over. */
const ROLLOUTS = 4;

/** What a report says that does not follow from the model and its scores. */
export type ReportContext = Pick<
  ResponseReport,
  "run" | "data" | "configuration" | "notes" | "provenance" | "seconds" | "peakMemoryMB"
>;

/** The report on a model and its predictions of recordings; `history` is of its training, if that was part of the run. */
export async function describeResponses(
  name: string,
  model: ResponseModel,
  scored: readonly ScoredRecording[],
  context: ReportContext,
  history: readonly EpochRecord[] = [],
): Promise<ResponseReport> {
  const choice = chooseScore(scored);
  return {
    ...context,
    model: name,
    score: choice.score,
    overall: reportedMetrics(scored, choice),
    subjects: reportedSubjects(scored, choice),
    ...(choice.ceilingName && { ceilingName: choice.ceilingName }),
    neuronTraces: neuronTraces(scored),
    distribution: distributionOf(name, scored, choice),
    receptiveFields: await receptiveFields(model, scored),
    rollouts: await rolloutsOf(model, scored[0]!),
    ...(history.length > 0 && { training: responseHistory(name, history) }),
    parameters: parameterCounts(model),
  };
}

/** Loss and validation correlation by epoch, for the report's curve. */
export const responseHistory = (name: string, history: readonly EpochRecord[]): TrainingHistory => ({
  unit: "epoch",
  heldOut: "validation images",
  phases: [
    {
      name,
      points: history.map(({ epoch, metrics, validation }) => ({
        position: epoch,
        loss: metrics.poisson!,
        ...(validation === undefined ? {} : { heldOutCorrelation: validation }),
      })),
    },
  ],
});

/** The numbers of trained values by part of a model; parts without any are left out. */
export function parameterCounts(model: ResponseModel): Record<string, number> {
  const subjects = [...model.subjects.values()];
  const parts = {
    core: model.core.parameters,
    readouts: subjects.flatMap(({ readout }) => readout.parameters),
    shifters: subjects.flatMap(({ shifter }) => shifter?.parameters ?? []),
    paths: model.paths.flatMap(({ parameters }) => parameters),
  };
  return Object.fromEntries(
    Object.entries(parts)
      .map(([part, all]) => [part, countParameters(all)] as const)
      .filter(([, count]) => count > 0),
  );
}

function distributionOf(
  name: string,
  scored: readonly ScoredRecording[],
  { score, ceiling, ceilingName }: ScoreChoice,
): ScoreDistribution {
  const pooled = (metric: "singleTrial" | "ceiling" | "oracle") =>
    scored.flatMap(({ scores }) => [...scores[metric]!.perNeuron]);
  return {
    score,
    models: [{ name, scores: pooled("singleTrial") }],
    ...(ceiling && { ceiling: { name: ceilingName!, scores: pooled(ceiling) } }),
  };
}

async function receptiveFields(
  model: ResponseModel,
  scored: readonly ScoredRecording[],
): Promise<ReceptiveFieldCentres[]> {
  const fields: ReceptiveFieldCentres[] = [];
  for (const { recording, trials, scores } of scored) {
    const { subject, stimuli, stimulusOf } = recording;
    const centers = await readoutCenters(model, subject);
    if (centers === undefined) continue;
    const image = greyStimulus(stimuli, stimulusOf[trials[0]!]!);
    const x = placesInImage(centers.x, model.core, 1, stimuli.width);
    const y = placesInImage(centers.y, model.core, 0, stimuli.height);
    fields.push({ subject, image, x, y, scores: scores.singleTrial.perNeuron });
  }
  return fields;
}

/** Positions in a core's features, −1 to 1 from the first to the last of an axis, as positions in the image. */
const placesInImage = (
  positions: Float32Array,
  { grid, sampling: { first, step } }: Core,
  axis: 0 | 1,
  pixels: number,
): Float32Array =>
  positions.map((position) => {
    const pixel = first + (step * (grid[axis] - 1) * (position + 1)) / 2;
    return (2 * pixel) / (pixels - 1) - 1;
  });

/** Some stimuli of the tier, evenly from all, with the attention over each. */
async function rolloutsOf(
  model: ResponseModel,
  { recording, trials }: ScoredRecording,
): Promise<AttentionRollout[]> {
  const { core } = model.specification;
  if (core.kind !== "transformer") return [];
  const { stimuli, stimulusOf, stimulusIds } = recording;
  const firstTrial = new Map(
    Array.from(trials.toReversed(), (trial) => [stimulusOf[trial]!, trial] as const),
  );
  const distinct = Int32Array.from(firstTrial.values()).sort();
  const count = Math.min(ROLLOUTS, distinct.length);
  const chosen = Int32Array.from(
    { length: count },
    (_, i) => distinct[Math.floor((i * distinct.length) / count)]!,
  );
  const rollouts = await attentionRollouts(model, prepareTrials(model, recording), chosen);
  return rollouts.map((weights, i) => {
    const stimulus = stimulusOf[chosen[i]!]!;
    return {
      name: `image ${stimulusIds[stimulus]}`,
      image: greyStimulus(stimuli, stimulus),
      weights,
      patch: core.patch,
      stride: core.stride,
    };
  });
}

/** The mean over the channels of a stimulus. */
function greyStimulus({ data, channels, height, width }: ImageStack, stimulus: number): GreyStimulus {
  const pixels = height * width;
  const start = stimulus * channels * pixels;
  const values = Float32Array.from({ length: pixels }, (_, pixel) => {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++) sum += data[start + channel * pixels + pixel]!;
    return sum / channels;
  });
  return { height, width, values };
}
