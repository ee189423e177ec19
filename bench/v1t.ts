import { Predictor, SubjectFeeds } from "../src/cortex/predict.ts";
import { responsePresets } from "../src/cortex/presets.ts";
import { ResponseModel } from "../src/cortex/response-model.ts";
import type { TransformerSpecification } from "../src/cortex/specification.ts";
import { compileResponseStep } from "../src/cortex/training.ts";
import { prepareTrials, type SubjectTrials } from "../src/cortex/trials.ts";
import type { NumericArrayLike } from "../src/formats/array.ts";
import type { Recording } from "../src/formats/recording.ts";
import { StepRandom } from "../src/nn/fit.ts";
import { Random } from "../src/runtime/random.ts";
import { input } from "../src/tensor/index.ts";
import { type Benchmark, type Case, local } from "./benchmark.ts";

const batch = 16;
const [height, width] = [36, 64];
const subject = "mouse";
const checkedSteps = 3;
const rule = { learningRate: 1.647e-3, betas: [0.9, 0.9999] as const, epsilon: 1e-8, weightDecay: 0.01 };
const kinds = ["inference", "training"] as const;
const sizes = [4, 2].flatMap((stride) => [300, 8000].map((neurons) => ({ stride, neurons })));

const { core, readout } = responsePresets.v1t;
const transformer = core as TransformerSpecification;

const everyTrial = Int32Array.from({ length: batch }, (_, i) => i);

type Files = Record<string, Readonly<Record<string, NumericArrayLike>>>;

/** V1T at the paper's widths: inference, and a training step with sampled places, Poisson loss and AdamW. */
export const v1t: Benchmark = {
  name: "v1t",
  title: `V1T (width 155, 4 blocks, ${height}×${width} images), batch ${batch}: one batch`,
  peer: "v1t.py",
  prepare: async () => {
    const files: Files = {};
    const configured: object[] = [];
    const cases: Case[] = [];
    for (const kind of kinds) {
      for (const { stride, neurons } of sizes) {
        const name = `${kind}, stride ${stride}, ${neurons} neurons`;
        const network = { stride, neurons };
        const stem = `${stride}-${neurons}`;
        files[`weights-${stem}.safetensors`] ??= peerWeights(buildModel(network));
        files[`inputs-${stem}.safetensors`] ??= peerInputs(neurons);
        const at = { weights: `weights-${stem}.safetensors`, inputs: `inputs-${stem}.safetensors` };
        configured.push({ name, kind, network, ...at });
        cases.push({
          name,
          work: {
            amount: 2 * batch * (kind === "training" ? 3 : 1) * forwardMacs(network),
            unit: "operations",
          },
          compared: kind === "training" ? `losses of the first ${checkedSteps} steps` : "responses",
          tolerance: 1e-4,
          ours: () => (kind === "training" ? training(network) : inference(network)),
        });
      }
    }
    return { config: { rule, checkedSteps, cases: configured }, files, cases };
  },
};

interface Size {
  readonly stride: number;
  readonly neurons: number;
}

/** Numbers that both sides get: a recording of one batch of trials. */
function recordingOf(neurons: number): Recording {
  const random = new Random(3).split(`${neurons}`);
  const draw = (part: string, length: number) => random.split(part).fillNormal(new Float32Array(length));
  return {
    name: subject,
    subject,
    dataset: "random",
    stimuli: { data: draw("images", batch * height * width), count: batch, channels: 1, height, width },
    stimulusIds: Array.from({ length: batch }, (_, i) => `${i}`),
    trials: batch,
    neurons,
    stimulusOf: Int32Array.from({ length: batch }, (_, i) => i),
    tierOf: Array.from({ length: batch }, () => "train" as const),
    responses: draw("responses", batch * neurons).map(Math.abs),
    neuronIds: Array.from({ length: neurons }, (_, i) => `${i}`),
    coordinates: draw("coordinates", neurons * 3),
    behavior: draw("behavior", batch * 3),
    pupilCenter: draw("pupil", batch * 2),
  };
}

function buildModel({ stride, neurons }: Size): ResponseModel {
  const model = new ResponseModel(
    {
      input: { channels: 1, height, width },
      core: { ...transformer, stride, patchDropout: 0, dropout: 0 },
      readout,
      behavior: true,
      subjects: [{ name: subject, dataset: "random", neurons, coordinates: true, shifter: true }],
    },
    1,
  );
  const { scales, coordinates } = model.subject(subject);
  scales.response.data.fill(1);
  scales.image.data.set([0, 1]);
  scales.behavior.data.fill(1);
  scales.pupil.data.set([0, 0, 1, 1]);
  const places = recordingOf(neurons).coordinates!;
  coordinates!.data.forEach((_, i, data) => {
    data[i] = places[3 * Math.floor(i / 2) + (i % 2)]!;
  });
  return model;
}

const trialsFor = (model: ResponseModel, neurons: number): SubjectTrials =>
  prepareTrials(model, recordingOf(neurons));

/** The weights by the names of reference/v1t.py. */
function peerWeights(model: ResponseModel): Record<string, NumericArrayLike> {
  const entries = model.parameters
    .filter(({ role, name }) => role === "weight" || role === "bias" || name.endsWith("/coordinates"))
    .filter(({ name }) => !name.endsWith("/coordinates"))
    .map(({ name, shape, data }) => {
      const known = name.replace(/^core\//, "").replace(`subject:${subject}/`, "");
      const isPatch = known === "patch/weight";
      return [known, { shape: isPatch ? [shape[0]!, data.length / shape[0]!] : [...shape], data }] as const;
    });
  return Object.fromEntries(entries);
}

function peerInputs(neurons: number): Record<string, NumericArrayLike> {
  const model = buildModel({ stride: 4, neurons });
  const { images, behavior, pupil, responses } = trialsFor(model, neurons);
  return {
    images: { shape: [batch, 1, height, width], data: images },
    behavior: { shape: [batch, 5], data: behavior! },
    pupil: { shape: [batch, 2], data: pupil! },
    coordinates: { shape: [neurons, 2], data: model.subject(subject).coordinates!.data },
    recorded: { shape: [batch, neurons], data: responses },
    noise: { shape: [checkedSteps, batch, neurons, 2], data: noiseOf(neurons) },
  };
}

const noiseOf = (neurons: number): Float32Array =>
  new Random(4).fillNormal(new Float32Array(checkedSteps * batch * neurons * 2));

async function inference(size: Size) {
  const model = buildModel(size);
  const predictor = await Predictor.create(model, trialsFor(model, size.neurons), {
    batchSize: batch,
    freeze: true,
  });
  return local(
    "Striate",
    async () => Array.from(await predictor.predict(everyTrial)),
    () => predictor.predict(everyTrial),
  );
}

async function training(size: Size) {
  const objective = {
    batchSize: batch,
    learningRate: rule.learningRate,
    weightDecay: rule.weightDecay,
    betas: rule.betas,
    coreL1: 0,
    readoutPenalty: 0,
  };
  const compileStep = async (given: boolean) => {
    const model = buildModel(size);
    const trials = trialsFor(model, size.neurons);
    const inputs = new SubjectFeeds(trials, batch);
    inputs.fill(everyTrial, 0);
    const feeds = { ...inputs.feeds, [`responses:${subject}`]: trials.responses };
    const random = new StepRandom(new Random(5));
    const noise = given ? () => input("noise", [batch, size.neurons, 2]) : undefined;
    const step = await compileResponseStep(
      model,
      [{ trials, count: batch }],
      model.parameters,
      { ...objective, noise },
      random,
    );
    return { step, feeds, random };
  };
  const own = await compileStep(false);
  let count = 0;
  const check = async () => {
    const { step, feeds } = await compileStep(true);
    const noise = noiseOf(size.neurons);
    const length = noise.length / checkedSteps;
    const losses: number[] = [];
    for (let i = 0; i < checkedSteps; i++) {
      const drawn = noise.subarray(i * length, (i + 1) * length);
      losses.push((await step.run({ ...feeds, noise: drawn }, rule.learningRate)).loss!);
    }
    await step.release();
    return losses;
  };
  return local("Striate", check, async () => {
    own.random.begin(count++);
    await own.step.run(own.feeds, rule.learningRate);
  });
}

/** Multiply-accumulates of one image: patches, projections, attention, MLP; the readout's are few. */
function forwardMacs({ stride }: Size): number {
  const { patch, width: embedding, heads, depth, mlp } = transformer;
  const tokens = (Math.floor((height - patch) / stride) + 1) * (Math.floor((width - patch) / stride) + 1) + 1;
  const inner = heads * embedding;
  const block = tokens * embedding * (4 * inner + 2 * mlp) + 2 * tokens * tokens * inner;
  return (tokens - 1) * patch * patch * embedding + depth * block;
}
