import { quantizedContext } from "../convert/fast-snn/contexts.ts";
import { StriateError } from "../error.ts";
import type { ImageDataset } from "../formats/dataset.ts";
import { type PixelScale, TrainingBatches } from "../nn/batches.ts";
import { denseContext } from "../nn/dense.ts";
import { type EpochRecord, type FitPosition, fit, StepRandom } from "../nn/fit.ts";
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
import { type ProgressReporter, silent } from "./progress.ts";
import type { RunFolder } from "./run-folder.node.ts";

export interface TrainOptions {
  readonly progress?: ProgressReporter;
  readonly signal?: AbortSignal | undefined;
  /** Go on from what the folder holds; otherwise its earlier run is replaced. */
  readonly resume?: boolean;
  /** Least time between two checkpoints, in seconds; 5 when absent. */
  readonly checkpointSeconds?: number;
}

export interface TrainedPhase {
  readonly name: string;
  readonly bits?: number;
  readonly history: readonly EpochRecord[];
  readonly seconds: number;
}

interface RunPosition {
  readonly phase: string;
  readonly fit: FitPosition;
  readonly lines: number;
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

/** One phase of a run: compiles its training step, fits, and writes checkpoints on the way. */
export class PhaseRun {
  private readonly parts: PhaseParts;

  constructor(parts: PhaseParts) {
    this.parts = parts;
  }

  async run(): Promise<TrainedPhase> {
    const { phase, settings, options, log } = this.parts;
    const begun = performance.now();
    const checkpoint = options.resume ? await this.parts.folder.readCheckpoint() : undefined;
    const position = checkpoint?.position as RunPosition | undefined;
    const resumed = position?.phase === phase.name ? { position, arrays: checkpoint!.arrays } : undefined;
    if (resumed !== undefined) this.restoreParameters(resumed.arrays);
    else await this.parts.prepare?.();
    if (resumed !== undefined) log.truncate(resumed.position.lines);
    else log.forget(phase.name);

    const seed = settings.seed * 100 + this.parts.index;
    const batches = new TrainingBatches(
      this.parts.training,
      this.parts.scale,
      settings.batchSize,
      seed,
      settings.augmentation,
    );
    const random = new StepRandom(new Random(seed).split("graph"));
    const step = await this.compileStep(random);
    if (resumed !== undefined) step.optimizer.load(optimizerState(resumed.arrays));
    const progress = options.progress ?? silent;
    progress.begin(titleOf(phase), phase.epochs * batches.stepsPerEpoch * batches.size, "images");
    let lastCheckpoint = performance.now();
    try {
      const history = await fit(step, batches, {
        epochs: phase.epochs,
        learningRate: phase.learningRate,
        schedule: cosine({ warmup: phase.warmup }),
        random,
        ...(this.parts.validation === undefined ? {} : { validate: () => this.validate() }),
        ...(settings.patience === undefined ? {} : { patience: settings.patience }),
        ...(resumed === undefined ? {} : { resume: restorePosition(resumed.position.fit, resumed.arrays) }),
        onProgress: ({ epoch, epochs, images, metrics }) =>
          progress.advance(
            images,
            `epoch ${epoch}/${epochs}  loss ${metrics.loss!.toFixed(4)}  accuracy ${(100 * metrics.accuracy!).toFixed(2)} %`,
          ),
        onStepDone: (line) => this.parts.log.add({ phase: phase.name, ...line }),
        onStep: async (positionNow) => {
          const due = performance.now() - lastCheckpoint > (options.checkpointSeconds ?? 5) * 1000;
          if (!due && !options.signal?.aborted) return;
          await this.saveCheckpoint(positionNow(), step);
          if (options.signal?.aborted) {
            throw new StriateError(
              `stopped; the run so far is in ${this.parts.folder.path}`,
              "Go on with --resume",
            );
          }
          lastCheckpoint = performance.now();
        },
      });
      await this.parts.log.write();
      const last = history.at(-1)!;
      progress.end(
        `loss ${last.metrics.loss!.toFixed(4)}, training accuracy ${(100 * last.metrics.accuracy!).toFixed(2)} %`,
      );
      return {
        name: phase.name,
        ...(phase.bits === undefined ? {} : { bits: phase.bits }),
        history,
        seconds: (performance.now() - begun) / 1000,
      };
    } finally {
      await step.release();
    }
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

  private async saveCheckpoint(position: FitPosition, step: TrainingStep): Promise<void> {
    const { best, ...rest } = position;
    const arrays: Record<string, Float32Array> = {};
    for (const { name, data } of this.parts.network.parameters) arrays[`parameter:${name}`] = data;
    for (const [name, data] of Object.entries(step.optimizer.state())) arrays[`optimizer:${name}`] = data;
    for (const [name, data] of Object.entries(best?.values ?? {})) arrays[`best:${name}`] = data;
    await this.parts.log.write();
    const fitPosition = {
      ...rest,
      ...(best === undefined ? {} : { best: { score: best.score, values: {} } }),
    };
    await this.parts.folder.writeCheckpoint({
      position: {
        phase: this.parts.phase.name,
        fit: fitPosition,
        lines: this.parts.log.count,
      } satisfies RunPosition,
      arrays,
    });
  }

  private restoreParameters(arrays: Readonly<Record<string, Float32Array>>): void {
    for (const parameter of this.parts.network.parameters) {
      const values = arrays[`parameter:${parameter.name}`];
      if (values?.length !== parameter.data.length) {
        throw new StriateError(
          `the checkpoint does not fit the network at "${parameter.name}"`,
          "Start the run anew without --resume",
        );
      }
      parameter.data.set(values);
    }
  }
}

const titleOf = (phase: TrainingPhase): string =>
  phase.kind === "quantized"
    ? `training, ${phase.bits} bits`
    : phase.kind === "float"
      ? "training, float"
      : "training, spiking";

const withPrefix = (
  arrays: Readonly<Record<string, Float32Array>>,
  prefix: string,
): Record<string, Float32Array> =>
  Object.fromEntries(
    Object.entries(arrays).flatMap(([name, data]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), data]] : [],
    ),
  );

const optimizerState = (arrays: Readonly<Record<string, Float32Array>>) => withPrefix(arrays, "optimizer:");

function restorePosition(position: FitPosition, arrays: Readonly<Record<string, Float32Array>>): FitPosition {
  if (position.best === undefined) return position;
  return { ...position, best: { score: position.best.score, values: withPrefix(arrays, "best:") } };
}
