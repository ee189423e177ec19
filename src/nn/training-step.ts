import { StriateError } from "../error.ts";
import { type CompileOptions, compile, type Program, type TensorData } from "../runtime/compile.ts";
import { ParameterMemory } from "../runtime/memory.ts";
import { Optimizer, trainingRegions, type UpdateRule } from "../runtime/optimizer.ts";
import { grad, type Tensor } from "../tensor/index.ts";
import type { Parameter } from "./parameter.ts";

export interface TrainingObjective {
  /** The scalar to lower. */
  readonly loss: Tensor;
  /** Further scalars to report. */
  readonly metrics?: Readonly<Record<string, Tensor>>;
  /** New values of running statistics. */
  readonly updates?: ReadonlyMap<Parameter, Tensor>;
  /** The parameters to train. */
  readonly parameters: readonly Parameter[];
}

export interface TrainingOptions extends CompileOptions {
  readonly rule: UpdateRule;
  /** The learning rate of thresholds relative to that of weights. */
  readonly thresholdRate?: number;
  /** The learning rate of a parameter relative to that of the others; 1 when absent. */
  readonly rateOf?: ((parameter: Parameter) => number) | undefined;
}

/** One step of training: forward, backward and update, with the parameters kept where the runtime reads them. */
export class TrainingStep {
  readonly optimizer: Optimizer;
  private readonly program: Program;
  private readonly objective: TrainingObjective;
  private readonly gradients: Record<string, Float32Array>;

  private constructor(
    program: Program,
    objective: TrainingObjective,
    optimizer: Optimizer,
    gradients: Record<string, Float32Array>,
  ) {
    this.program = program;
    this.objective = objective;
    this.optimizer = optimizer;
    this.gradients = gradients;
  }

  /** Everything that a step changes: the trained parameters and the running statistics. */
  get parameters(): readonly Parameter[] {
    return [...this.objective.parameters, ...(this.objective.updates?.keys() ?? [])];
  }

  /** Compiles the step. The data of the trained parameters move into one memory, shared with the optimiser. */
  static async create(objective: TrainingObjective, options: TrainingOptions): Promise<TrainingStep> {
    const { loss, metrics = {}, updates = new Map<Parameter, Tensor>(), parameters } = objective;
    const gradients = grad(
      loss,
      parameters.map((parameter) => parameter.tensor),
    );
    const outputs: Record<string, Tensor> = { loss };
    for (const [name, metric] of Object.entries(metrics)) outputs[`metric:${name}`] = metric;
    for (const [parameter, value] of updates) outputs[`update:${parameter.name}`] = value;
    for (const [i, parameter] of parameters.entries()) outputs[`gradient:${parameter.name}`] = gradients[i]!;
    const program = await compile({ outputs }, options);

    const { rule, thresholdRate = 1, rateOf = () => 1 } = options;
    const memory = new ParameterMemory(trainingRegions(parameters, rule));
    const trained = parameters.map((parameter) => {
      const value = memory.get(parameter.name);
      value.set(parameter.data);
      parameter.data = value;
      return {
        name: parameter.name,
        value,
        gradient: memory.get(`${parameter.name}.gradient`),
        learningRateScale: (parameter.role === "threshold" ? thresholdRate : 1) * rateOf(parameter),
        ...(parameter.role === "weight" ? {} : { weightDecay: 0 }),
      };
    });
    const into = Object.fromEntries(trained.map(({ name, gradient }) => [`gradient:${name}`, gradient]));
    return new TrainingStep(program, objective, new Optimizer(rule, trained, memory), into);
  }

  /** Runs one step on a batch; the loss and the metrics before the update. Throws when the loss is not finite. */
  async run(
    feeds: Readonly<Record<string, TensorData>>,
    learningRate: number,
  ): Promise<Record<string, number>> {
    const results = await this.program.run(feeds, this.gradients);
    const loss = Number(results.loss!.data[0]);
    if (!Number.isFinite(loss)) throw new StriateError(this.explainLoss(loss, feeds, learningRate));
    for (const parameter of this.objective.updates?.keys() ?? []) {
      parameter.data.set(results[`update:${parameter.name}`]!.data as Float32Array);
    }
    this.optimizer.step(learningRate);
    const report: Record<string, number> = { loss };
    for (const name of Object.keys(this.objective.metrics ?? {}))
      report[name] = Number(results[`metric:${name}`]!.data[0]);
    return report;
  }

  async release(): Promise<void> {
    await this.program.release();
  }

  private explainLoss(
    loss: number,
    feeds: Readonly<Record<string, TensorData>>,
    learningRate: number,
  ): string {
    for (const [name, data] of Object.entries(feeds)) {
      const at = data instanceof Float32Array ? data.findIndex((value) => !Number.isFinite(value)) : -1;
      if (at >= 0)
        return `the loss is ${loss}: value ${at} of the batch's "${name}" is ${data[at]}. Check the data and its normalisation`;
    }
    const broken = this.objective.parameters.find(({ data }) =>
      data.some((value) => !Number.isFinite(value)),
    );
    const which = broken === undefined ? "" : ` and "${broken.name}" is no longer finite`;
    return `the loss is ${loss} at learning rate ${learningRate}${which}: training diverged. Use a lower learning rate`;
  }
}
