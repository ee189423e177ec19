import { denseContext } from "../nn/dense.ts";
import type { StepRandom } from "../nn/fit.ts";
import type { Parameter } from "../nn/parameter.ts";
import { TrainingStep } from "../nn/training-step.ts";
import { adamW } from "../runtime/optimizer.ts";
import {
  abs,
  add,
  constant,
  gradientSources,
  input,
  log,
  mul,
  sub,
  sum,
  type Tensor,
} from "../tensor/index.ts";
import { subjectInputs } from "./predict.ts";
import type { ReadoutConditions } from "./readout.ts";
import type { ResponseModel } from "./response-model.ts";
import type { SubjectTrials } from "./trials.ts";

export interface ResponseObjective {
  /** Trials of each subject in one step. */
  readonly batchSize: number;
  readonly learningRate: number;
  readonly weightDecay: number;
  /** Times Σ|weights| of the core. */
  readonly coreL1: number;
  /** Times each readout's penalty: Σ|features| of a Gaussian readout, roughness of a linear one. */
  readonly readoutPenalty: number;
  /** β of AdamW. */
  readonly betas: readonly [number, number];
  /** The learning rate of the core's parameters relative to that of the others; 1 when absent. */
  readonly coreRate?: number | undefined;
  /** Where the numbers come from that move readout positions; drawn at every step unless given. */
  readonly noise?: ReadoutConditions["noise"];
  /** Of the paths' parameters, times the learning rate; 1 when absent. */
  readonly pathRate?: number | undefined;
  /** Times what readouts depart from what is known of their parameters; 1 when absent. */
  readonly priorWeight?: number | undefined;
}

/**
 * One step of training on a batch of every subject: the Poisson loss Σ(p − r · log p) over trials and neurons, times
 * √(training trials / batch) for each subject, plus penalties (Li et al., 2023). Responses that were not recorded do not
 * count. `parameters` are those that train; the others stay as they are, and a core without any of them is evaluated as
 * it will be later: without dropout, with its running statistics.
 */
export function compileResponseStep(
  model: ResponseModel,
  subjects: readonly { readonly trials: SubjectTrials; readonly count: number }[],
  parameters: readonly Parameter[],
  {
    batchSize,
    learningRate,
    weightDecay,
    coreL1,
    readoutPenalty,
    betas,
    coreRate = 1,
    pathRate = 1,
    priorWeight = 1,
    noise,
  }: ResponseObjective,
  random: StepRandom,
): Promise<TrainingStep> {
  const trained = new Set(parameters);
  const coreWeights = model.core.parameters.filter((parameter) => trained.has(parameter));
  const ofCore = new Set(coreWeights);
  const ofPaths = new Set(model.paths.flatMap((path) => path.parameters));
  // a frozen core neither drops features nor moves its statistics
  const context = denseContext(coreWeights.length > 0);
  const inputs = new Map(subjects.map(({ trials }) => [trials.subject, subjectInputs(trials, batchSize)]));
  const predictions = model.predict(inputs, context, { noise: noise ?? true });
  const losses: Tensor[] = [];
  const perNeuron: Tensor[] = [];
  for (const { trials, count } of subjects) {
    const { subject, neurons } = trials;
    const shape = [batchSize, neurons];
    const known = trials.hasMissing ? input(`recorded:${subject}`, shape) : undefined;
    const loss = poissonSum(predictions.get(subject)!, input(`responses:${subject}`, shape), known);
    losses.push(mul(loss, constant(Math.sqrt(count / batchSize))));
    perNeuron.push(mul(loss, constant(1 / (batchSize * neurons * subjects.length))));
  }
  if (coreL1 > 0)
    for (const { tensor } of coreWeights.filter(({ role }) => role === "weight"))
      losses.push(mul(sum(abs(tensor)), constant(coreL1)));
  if (readoutPenalty > 0)
    for (const { trials } of subjects)
      losses.push(mul(model.subject(trials.subject).readout.penalty(), constant(readoutPenalty)));
  for (const { trials, count } of subjects) {
    const departure = model.subject(trials.subject).readout.departure?.();
    // the more trials there are, the less the expectation weighs against them
    if (departure) losses.push(mul(departure, constant(priorWeight * Math.sqrt(batchSize / count))));
  }
  const loss = losses.reduce(add);
  const reached = gradientSources(loss);
  return TrainingStep.create(
    {
      loss,
      metrics: { poisson: perNeuron.reduce(add) },
      updates: context.updates,
      parameters: parameters.filter(({ isTrained, tensor }) => isTrained && reached.has(tensor)),
    },
    {
      rule: adamW({ learningRate, weightDecay, beta1: betas[0], beta2: betas[1] }),
      rateOf: (parameter) => (ofCore.has(parameter) ? coreRate : ofPaths.has(parameter) ? pathRate : 1),
      random,
    },
  );
}

/** Σ(p − r · log(p + 10⁻⁸)) over the responses that are known, where `known` is 1. */
function poissonSum(rate: Tensor, responses: Tensor, known: Tensor | undefined): Tensor {
  const terms = sub(rate, mul(responses, log(add(rate, constant(1e-8)))));
  return sum(known === undefined ? terms : mul(terms, known));
}
