import { quantizedContext } from "../convert/fast-snn/contexts.ts";
import type { ImageDataset } from "../formats/dataset.ts";
import { type PixelScale, TrainingBatches } from "../nn/batches.ts";
import { denseContext } from "../nn/dense.ts";
import { type EpochRecord, StepRandom } from "../nn/fit.ts";
import type { Context } from "../nn/layer.ts";
import { crossEntropy } from "../nn/losses.ts";
import type { ModelKind } from "../nn/model-file.ts";
import type { Network } from "../nn/network.ts";
import { cosine } from "../nn/schedules.ts";
import { TrainingStep } from "../nn/training-step.ts";
import { adamW, sgd } from "../runtime/optimizer.ts";
import { Random } from "../runtime/random.ts";
import { spikingContext } from "../spiking/context.ts";
import {
  add,
  argmax,
  cast,
  constant,
  equal,
  gradientSources,
  input,
  mean,
  mul,
  type Tensor,
} from "../tensor/index.ts";
import { classify } from "./classifier.ts";
import type { TrainingPhase, TrainingSettings } from "./configuration.ts";
import type { MetricsLog } from "./metrics-log.node.ts";
import { fitResumably, type TrainOptions } from "./resumable-fit.node.ts";
import type { RunFolder } from "./run-folder.node.ts";

export interface TrainedPhase {
  readonly name: string;
  readonly bits?: number;
  readonly history: readonly EpochRecord[];
  readonly seconds: number;
}

/** The kind of network that a phase trains. */
export function kindOf(phase: TrainingPhase, { quantized, spiking }: TrainingSettings): ModelKind {
  if (phase.kind === "float") return { type: "float" };
  if (phase.kind === "quantized")
    return { type: "quantized", bits: phase.bits!, weightBits: quantized?.weightBits };
  return { type: "spiking", steps: spiking!.steps, neuron: spiking!.neuron };
}

export interface PhaseParts {
  readonly settings: TrainingSettings;
  readonly phase: TrainingPhase;
  /** Place of the phase in the run, from 0. */
  readonly index: number;
  readonly network: Network;
  /** What is done to the network before the first step. */
  readonly prepare: (() => Promise<void>) | undefined;
  readonly training: ImageDataset;
  readonly validation: ImageDataset | undefined;
  readonly scale: PixelScale;
  readonly folder: RunFolder;
  readonly log: MetricsLog;
  readonly options: TrainOptions;
}

/** One phase of a run: compiles its training step and fits. */
export class PhaseRun {
  private readonly parts: PhaseParts;

  constructor(parts: PhaseParts) {
    this.parts = parts;
  }

  async run(): Promise<TrainedPhase> {
    const { phase, settings, network, folder, log, options, prepare, training, scale } = this.parts;
    const seed = settings.seed * 100 + this.parts.index;
    const random = new StepRandom(new Random(seed).split("graph"));
    const fitted = await fitResumably({
      phase: phase.name,
      title: titleOf(phase),
      unit: "images",
      folder,
      log,
      options,
      parameters: network.parameters,
      batches: new TrainingBatches(training, scale, settings.batchSize, seed, settings.augmentation),
      fit: {
        epochs: phase.epochs,
        learningRate: phase.learningRate,
        schedule: cosine({ warmup: phase.warmup }),
        random,
        ...(this.parts.validation === undefined ? {} : { validate: () => this.validate() }),
        ...(settings.patience === undefined ? {} : { patience: settings.patience }),
      },
      prepare,
      compile: () => this.compileStep(random),
      describe: ({ loss, accuracy }) =>
        `loss ${loss!.toFixed(4)}, training accuracy ${(100 * accuracy!).toFixed(2)} %`,
    });
    return { name: phase.name, ...(phase.bits === undefined ? {} : { bits: phase.bits }), ...fitted };
  }

  private async compileStep(random: StepRandom): Promise<TrainingStep> {
    const { settings, network, phase } = this.parts;
    const { batchSize, labelSmoothing, weightDecay, optimizer } = settings;
    const { channels, height, width } = network.architecture.input;
    const images = input("images", [batchSize, channels, height, width]);
    const labels = input("labels", [batchSize], "int32");
    const context = this.trainingContext();
    const signal = network.call(images, context);
    const logits = signal.length === 1 ? signal[0]! : mul(signal.reduce(add), constant(1 / signal.length));
    const loss = crossEntropy(logits, labels, labelSmoothing);
    const accuracy = mean(cast(equal(cast(argmax(logits, 1), "int32"), labels), "float32"));
    const reached = gradientSources(loss);
    const parameters = network.parameters.filter(({ isTrained, tensor }) => isTrained && reached.has(tensor));
    const rule =
      optimizer === "sgd"
        ? sgd({ learningRate: phase.learningRate, momentum: 0.9, nesterov: true, weightDecay })
        : adamW({ learningRate: phase.learningRate, weightDecay });
    return TrainingStep.create(
      { loss, metrics: { accuracy }, updates: context.updates as Map<never, Tensor>, parameters },
      { rule, random },
    );
  }

  private trainingContext(): Context {
    const { phase, network, settings } = this.parts;
    if (phase.kind === "float") return denseContext(true);
    if (phase.kind === "quantized") {
      return quantizedContext(network, {
        bits: phase.bits!,
        weightBits: settings.quantized?.weightBits,
        training: true,
      });
    }
    const { steps, neuron } = settings.spiking!;
    return spikingContext({ steps, neuron, training: true });
  }

  private async validate(): Promise<number> {
    const kind = kindOf(this.parts.phase, this.parts.settings);
    return (await classify(this.parts.network, kind, this.parts.validation!, this.parts.scale)).accuracy;
  }
}

const titleOf = (phase: TrainingPhase): string =>
  phase.kind === "quantized"
    ? `training, ${phase.bits} bits`
    : phase.kind === "float"
      ? "training, float"
      : "training, spiking";
