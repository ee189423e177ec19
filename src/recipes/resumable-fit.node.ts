import { StriateError } from "../error.ts";
import { type Batches, type EpochRecord, type FitOptions, type FitPosition, fit } from "../nn/fit.ts";
import type { Parameter } from "../nn/parameter.ts";
import type { TrainingStep } from "../nn/training-step.ts";
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

/** A fit that writes checkpoints into its run folder, and goes on from one. */
export interface ResumableFit {
  /** What checkpoints and the lines of metrics.jsonl call it. */
  readonly phase: string;
  readonly title: string;
  /** What a batch consists of, such as "images". */
  readonly unit: string;
  readonly folder: RunFolder;
  readonly log: MetricsLog;
  readonly options: TrainOptions;
  /** Everything that a checkpoint holds, beside the optimiser's state. */
  readonly parameters: readonly Parameter[];
  readonly batches: Batches;
  readonly fit: Omit<FitOptions, "resume" | "onProgress" | "onStepDone" | "onStep">;
  /** What is done before the first step, unless the fit goes on from a checkpoint. */
  readonly prepare?: (() => Promise<void>) | undefined;
  /** Compiles the step, after `prepare`. */
  compile(): Promise<TrainingStep>;
  /** The metrics of an epoch so far, in a few words. */
  describe(metrics: Readonly<Record<string, number>>): string;
}

interface RunPosition {
  readonly phase: string;
  readonly fit: FitPosition;
  readonly lines: number;
}

/**
 * Fits with checkpoints. A fit that was stopped at any moment and resumed ends with the same bits.
 *
 * @throws StriateError when `options.signal` asks to stop, after a checkpoint
 */
export async function fitResumably(
  parts: ResumableFit,
): Promise<{ history: EpochRecord[]; seconds: number }> {
  const { phase, folder, log, options, batches } = parts;
  const begun = performance.now();
  const checkpoint = options.resume ? await folder.readCheckpoint() : undefined;
  const position = checkpoint?.position as RunPosition | undefined;
  const resumed = position?.phase === phase ? { position, arrays: checkpoint!.arrays } : undefined;
  if (resumed !== undefined) restoreParameters(parts.parameters, resumed.arrays);
  else await parts.prepare?.();
  if (resumed !== undefined) log.truncate(resumed.position.lines);
  else log.forget(phase);

  const step = await parts.compile();
  if (resumed !== undefined) step.optimizer.load(withPrefix(resumed.arrays, "optimizer:"));
  const progress = options.progress ?? silent;
  progress.begin(parts.title, parts.fit.epochs * batches.stepsPerEpoch * batches.size, parts.unit);
  let lastCheckpoint = performance.now();
  try {
    const history = await fit(step, batches, {
      ...parts.fit,
      ...(resumed === undefined ? {} : { resume: restorePosition(resumed.position.fit, resumed.arrays) }),
      onProgress: ({ epoch, epochs, images, metrics }) =>
        progress.advance(images, `epoch ${epoch}/${epochs}  ${parts.describe(metrics)}`),
      onStepDone: (line) => log.add({ phase, ...line }),
      onStep: async (positionNow) => {
        const due = performance.now() - lastCheckpoint > (options.checkpointSeconds ?? 5) * 1000;
        if (!due && !options.signal?.aborted) return;
        await saveCheckpoint(parts, positionNow(), step);
        if (options.signal?.aborted) {
          throw new StriateError(`stopped; the run so far is in ${folder.path}`, "Go on with --resume");
        }
        lastCheckpoint = performance.now();
      },
    });
    await log.write();
    progress.end(parts.describe(history.at(-1)!.metrics));
    return { history, seconds: (performance.now() - begun) / 1000 };
  } finally {
    await step.release();
  }
}

async function saveCheckpoint(
  { phase, folder, log, parameters }: ResumableFit,
  position: FitPosition,
  step: TrainingStep,
): Promise<void> {
  const { best, average, ...rest } = position;
  const arrays: Record<string, Float32Array> = {};
  for (const { name, data } of parameters) arrays[`parameter:${name}`] = data;
  for (const [name, data] of Object.entries(step.optimizer.state())) arrays[`optimizer:${name}`] = data;
  for (const [name, data] of Object.entries(best?.values ?? {})) arrays[`best:${name}`] = data;
  for (const [name, data] of Object.entries(average ?? {})) arrays[`average:${name}`] = data;
  await log.write();
  const fitPosition = {
    ...rest,
    ...(best === undefined ? {} : { best: { score: best.score, values: {} } }),
  };
  await folder.writeCheckpoint({
    position: { phase, fit: fitPosition, lines: log.count } satisfies RunPosition,
    arrays,
  });
}

function restoreParameters(
  parameters: readonly Parameter[],
  arrays: Readonly<Record<string, Float32Array>>,
): void {
  for (const parameter of parameters) {
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

const withPrefix = (
  arrays: Readonly<Record<string, Float32Array>>,
  prefix: string,
): Record<string, Float32Array> =>
  Object.fromEntries(
    Object.entries(arrays).flatMap(([name, data]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), data]] : [],
    ),
  );

function restorePosition(position: FitPosition, arrays: Readonly<Record<string, Float32Array>>): FitPosition {
  return {
    ...position,
    ...(position.best && { best: { score: position.best.score, values: withPrefix(arrays, "best:") } }),
    average: withPrefix(arrays, "average:"),
  };
}
