import {
  add,
  buildNetwork,
  compile,
  convertedContext,
  crossEntropy,
  denseContext,
  div,
  EventEngine,
  input,
  type LoweringName,
  type Network,
  type Operation,
  Random,
  scalar,
  sgd,
  stack,
  type Tensor,
  TrainingStep,
} from "../../src/index.ts";

/** Arrays by name, as plain numbers so that they travel from the page as JSON, which keeps float32 exactly. */
export type Arrays = Record<string, number[]>;

const BATCH = 2;
const STEPS = 7;
const IMAGE = { channels: 3, height: 6, width: 6 };
const CLASSES = 10;
const THRESHOLD = 1.2;

/** The membrane potential below which a signed neuron takes a spike back. */
const TAKE_BACK = -1e-3;

/** A small residual network; its channels are whole blocks, so that the blocked lowering has something to do. */
function network(dropout: number): Network {
  const conv = { type: "conv", channels: 16, kernel: 3 } as const;
  const [norm, activation] = [{ type: "norm" }, { type: "activation" }] as const;
  const description = {
    input: IMAGE,
    threshold: THRESHOLD,
    layers: [
      conv,
      norm,
      activation,
      { type: "residual", branch: [conv, norm, activation, conv, norm] },
      activation,
      { type: "averagePool", kernel: 2 },
      { type: "flatten" },
      { type: "dropout", rate: dropout },
      { type: "linear", features: CLASSES },
    ],
  } as const;
  const built = buildNetwork(structuredClone(description) as never, 11);
  const random = new Random(12);
  for (const { name, data } of built.parameters) {
    if (/beta$|mean$|bias$/.test(name)) random.split(name).fillNormal(data, 0, 0.3);
    if (/gamma$|variance$/.test(name)) random.split(name).fillUniform(data, 0.5, 1.5);
  }
  return built;
}

const imagesOf = (seed: number): Float32Array =>
  new Random(seed).fillNormal(new Float32Array(BATCH * IMAGE.channels * IMAGE.height * IMAGE.width));

/**
 * The converted network on one batch: logits, and for every neuron layer its input current and its spikes (+1, 0, −1),
 * step by step.
 */
export async function spiking(lowering: LoweringName): Promise<Arrays> {
  const images = input("images", [BATCH, IMAGE.channels, IMAGE.height, IMAGE.width]);
  const outputs: Record<string, Tensor> = {};
  const converted = network(0);
  const context = convertedContext(converted, {
    steps: STEPS,
    signed: true,
    record: (unit, current, output) => {
      const everyStep = output.map((_, t) => current[current.length === 1 ? 0 : t]!);
      outputs[`current ${unit.name}`] = stack(everyStep, 0);
      outputs[`spikes ${unit.name}`] = stack(
        output.map((spikes) => div(spikes, unit.threshold.tensor)),
        0,
      );
    },
  });
  outputs.logits = converted.call(images, context).reduce(add);
  const program = await compile({ inputs: [images], outputs }, { lowering, freeze: true });
  const results = await program.run({ images: imagesOf(13) });
  await program.release();
  return Object.fromEntries(
    Object.entries(results).map(([name, { data }]) => [name, Array.from(data as Float32Array)]),
  );
}

/** How near any neuron of a spiking run comes to a potential where rounding would decide whether it fires. */
export function smallestMargin(arrays: Arrays): number {
  let margin = Number.POSITIVE_INFINITY;
  for (const [name, current] of Object.entries(arrays)) {
    if (!name.startsWith("current ")) continue;
    const spikes = arrays[name.replace("current", "spikes")]!;
    const neurons = current.length / STEPS;
    for (let neuron = 0; neuron < neurons; neuron++) {
      let [membrane, count] = [THRESHOLD / 2, 0];
      for (let i = neuron; i < current.length; i += neurons) {
        membrane += current[i]!;
        margin = Math.min(margin, Math.abs(membrane - THRESHOLD));
        if (count > 0) margin = Math.min(margin, Math.abs(membrane - TAKE_BACK));
        membrane -= spikes[i]! * THRESHOLD;
        count += spikes[i]!;
      }
    }
  }
  return margin;
}

/** Three training steps with dropout: the losses, the gradients of the first, and all parameters after each. */
export async function training(lowering: LoweringName): Promise<Arrays> {
  const images = input("images", [BATCH, IMAGE.channels, IMAGE.height, IMAGE.width]);
  const labels = input("labels", [BATCH], "int32");
  const trained = network(0.25);
  const context = denseContext(true);
  const loss = crossEntropy(trained.call(images, context)[0]!, labels, 0.1);
  const parameters = trained.parameters.filter(({ role }) => role === "weight" || role === "bias");
  const rule = sgd({ learningRate: 0.1, momentum: 0.9, nesterov: true, weightDecay: 1e-3 });
  const random = new Random(14).split("dropout");
  const step = await TrainingStep.create(
    { loss, parameters, updates: context.updates },
    { rule, random, lowering },
  );
  const arrays: Arrays = {};
  for (let i = 1; i <= 3; i++) {
    const feeds = {
      images: imagesOf(14 + i),
      labels: Int32Array.from({ length: BATCH }, (_, n) => (3 * n + i) % CLASSES),
    };
    const report = await step.run(feeds, 0.1);
    arrays[`loss of step ${i}`] = [report.loss!];
    if (i === 1)
      for (const [name, data] of Object.entries(step["gradients"])) arrays[name] = Array.from(data);
    for (const { name, data } of step.parameters) arrays[`${name} after step ${i}`] = Array.from(data);
  }
  await step.release();
  return arrays;
}

/** What a network of signed neurons puts out on the event engine, for a batch and for one image, whose rows threads share. */
export async function events(): Promise<Arrays> {
  const random = new Random(21);
  const drawn = (name: string, shape: number[]) => ({
    shape,
    data: random.split(name).fillNormal(new Float32Array(shape.reduce((a, b) => a * b, 1))),
  });
  const neuron: Operation = {
    type: "neuron",
    membrane: { kind: "integrator", r: scalar(1) },
    firing: { threshold: scalar(THRESHOLD), strict: false, reset: "subtract", takesBackAt: TAKE_BACK },
    start: scalar(THRESHOLD / 2),
  };
  const convolution = (name: string, inputs: number): Operation => ({
    type: "conv2d",
    weight: drawn(name, [16, inputs, 3, 3]),
    stride: [1, 1],
    padding: [1, 1, 1, 1],
    dilation: [1, 1],
    groups: 1,
  });
  const operations: Operation[] = [
    { type: "input", shape: [IMAGE.channels, IMAGE.height, IMAGE.width] },
    convolution("first", IMAGE.channels),
    neuron,
    convolution("second", 16),
    neuron,
    { type: "reshape", shape: [16 * IMAGE.height * IMAGE.width] },
    { type: "linear", weight: drawn("readout", [CLASSES, 16 * IMAGE.height * IMAGE.width]) },
    { type: "output" },
  ];
  const nodes = operations.map((operation, i) => ({
    name: `node${i}`,
    inputs: i === 0 ? [] : [`node${i - 1}`],
    operation,
  }));
  const arrays: Arrays = {};
  for (const batch of [1, BATCH]) {
    const engine = new EventEngine({ nodes, timeStep: 1, metadata: {} }, { batch });
    const size = imagesOf(22).length / BATCH;
    const outputs: number[] = [];
    for await (const results of engine.run(imagesOf(22).subarray(0, batch * size), STEPS)) {
      outputs.push(...(results.node7!.data as Float32Array));
    }
    await engine.release();
    arrays[`batch ${batch}`] = outputs;
  }
  return arrays;
}

/** The bits of seeded random numbers of every kind. */
export function randomBits(): Arrays {
  const random = new Random(2 ** 40 + 7);
  const bits = (values: Float32Array) => Array.from(new Int32Array(values.buffer));
  return {
    uniform: bits(random.split("uniform").fillUniform(new Float32Array(10_001))),
    "uniform from -3 to 5": bits(random.split("range").fillUniform(new Float32Array(1000), -3, 5)),
    normal: bits(random.split("normal").fillNormal(new Float32Array(10_001))),
    "normal around 2": bits(random.split("shifted").fillNormal(new Float32Array(1000), 2, 0.1)),
    permutation: Array.from(random.split("permutation").permutation(1000)),
    integer: Array.from({ length: 1000 }, () => random.integer(10)),
    "uniform float64": Array.from({ length: 1000 }, () => random.uniform()),
  };
}
