import { beforeAll, describe, expect, it } from "vitest";
import { type ArrayValue, compile } from "../../src/runtime/node.ts";
import {
  arctangent,
  fastSigmoid,
  gaussian,
  integrateAndFire,
  leakyIntegrateAndFire,
  rectangular,
  type Surrogate,
  sigmoidal,
  simulate,
  spike,
  triangular,
} from "../../src/spiking/index.ts";
import { concat, constant, grad, input, mul, slice, sum, type Tensor } from "../../src/tensor/index.ts";
import { messageOf } from "../formats/errors.ts";
import { mismatch, readFixture } from "../tensor/fixture.ts";

interface SurrogateName {
  readonly name: string;
  readonly alpha?: number;
  readonly slope?: number;
}

interface Case {
  readonly name: string;
  readonly library: "spikingjelly" | "snntorch";
  readonly options: {
    readonly threshold: number;
    readonly reset?: "hard" | "soft";
    readonly resetPotential?: number | null;
    readonly detachReset?: boolean;
    readonly tau?: number;
    readonly decayInput?: boolean;
    readonly beta?: number;
    readonly resetMechanism?: "subtract" | "zero" | "none";
    readonly resetDelay?: boolean;
  };
  readonly surrogate: SurrogateName;
  readonly current: number[];
  readonly spikeWeights: number[];
  readonly membraneWeights: number[];
  readonly spikes: number[];
  readonly membrane: number[];
  readonly spikeGradient: number[];
  readonly membraneGradient: number[];
}

interface Curve {
  readonly library: string;
  readonly name: string;
  readonly parameters: Omit<SurrogateName, "name">;
  readonly x: number[];
  readonly spike: number[];
  readonly derivative: number[];
}

const { steps, neurons, cases, surrogates } = readFixture<{
  steps: number;
  neurons: number;
  cases: Case[];
  surrogates: Curve[];
}>("neurons");

/** Our surrogate with the same derivative; undefined when Striate has none. */
function surrogateOf({ name, alpha = 0, slope = 0 }: SurrogateName): Surrogate | undefined {
  switch (name) {
    case "ATan":
    case "atan":
      return arctangent(alpha);
    case "Sigmoid":
      return sigmoidal(alpha);
    case "sigmoid":
      return sigmoidal(slope);
    case "fast_sigmoid":
      return fastSigmoid(slope);
    case "PiecewiseQuadratic":
      return triangular(alpha);
    case "Rect":
      return rectangular(alpha);
    case "Erf":
      return gaussian(alpha);
    // (α/2) / (1 + α|x|)² and α / (1 + |x|)² are fast sigmoids where the factor in front is 1
    case "SoftSign":
      return alpha === 2 ? fastSigmoid(2) : undefined;
    case "SuperSpike":
      return alpha === 1 ? fastSigmoid(1) : undefined;
    default:
      return undefined;
  }
}

/**
 * With reset_delay false, snnTorch subtracts no second θ from a potential that a reset has left above θ, and gives one
 * back when the next step stays below. Striate's neuron resets at every spike, as SpikingJelly's does: the two agree
 * on traces where a reset always ends at or below θ, and where nothing is reset.
 */
function resetsLikeSnnTorch({ options, membrane }: Case): boolean {
  const { threshold, resetMechanism, resetDelay } = options;
  if (resetDelay !== false || resetMechanism === "none") return true;
  return membrane.slice(0, -neurons).every((potential) => potential <= threshold);
}

function neuronOf({ library, options, surrogate: described }: Case) {
  const { threshold, tau, decayInput, beta, resetMechanism, resetDelay } = options;
  const surrogate = surrogateOf(described)!;
  if (library === "spikingjelly") {
    const reset = options.reset === "soft" ? ("subtract" as const) : options.resetPotential!;
    const common = { threshold, reset, detachReset: options.detachReset!, surrogate };
    return tau === undefined
      ? integrateAndFire(common)
      : leakyIntegrateAndFire({ ...common, tau, decayInput });
  }
  return leakyIntegrateAndFire({
    tau: 1 / (1 - beta!),
    decayInput: false,
    threshold,
    reset: resetMechanism === "zero" ? 0 : resetMechanism!,
    // only the delayed reset passes no gradient in snnTorch
    detachReset: resetDelay!,
    delayReset: resetDelay!,
    strict: true,
    surrogate,
  });
}

const isOffered = (example: Case) =>
  surrogateOf(example.surrogate) !== undefined && resetsLikeSnnTorch(example);

it("refuses a time constant below one step, and none", () => {
  for (const tau of [0.5, 0, -2, Number.NaN]) {
    expect(messageOf(() => leakyIntegrateAndFire({ tau }))).toContain(`τ = ${tau}`);
  }
});

it("repeats a constant current at every step", async () => {
  const x = input("x", [neurons]);
  const neuron = leakyIntegrateAndFire({ tau: 3, reset: -0.2, delayReset: true });
  const outputs = {
    constant: concat(simulate(neuron, [x], 6).membranes, 0),
    repeated: concat(simulate(neuron, [x, x, x, x, x, x], 6).membranes, 0),
  };
  const program = await compile({ inputs: [x], outputs }, { threads: 1 });
  const { constant: once, repeated } = await program.run({ x: Float32Array.of(-1, 0.4, 1.2, 2, 5) });
  expect(new Set(once!.data as Float32Array).size).toBeGreaterThan(15);
  expect(once!.data).toEqual(repeated!.data);
});

const shape = [steps, neurons];
const stored = (data: readonly number[]) => ({ shape: [data.length], data });

describe.each(["spikingjelly", "snntorch"] as const)("neurons of %s", (library) => {
  const offered = cases.filter((example) => example.library === library && isOffered(example));
  let results: Record<string, ArrayValue>;

  beforeAll(async () => {
    const inputs: Tensor[] = [];
    const outputs: Record<string, Tensor> = {};
    for (const [index, example] of offered.entries()) {
      const current = input(`current${index}`, shape);
      const each = Array.from({ length: steps }, (_, t) => slice(current, [t], [t + 1]));
      const trace = simulate(neuronOf(example), each, steps);
      const spikes = concat(trace.outputs, 0);
      const spikeLoss = sum(mul(spikes, constant(example.spikeWeights, shape)));
      const membraneLoss = sum(mul(trace.membranes.at(-1)!, constant(example.membraneWeights, [1, neurons])));
      inputs.push(current);
      outputs[`spikes${index}`] = spikes;
      outputs[`membrane${index}`] = concat(trace.membranes, 0);
      outputs[`spikeGradient${index}`] = grad(spikeLoss, [current])[0]!;
      outputs[`membraneGradient${index}`] = grad(membraneLoss, [current])[0]!;
    }
    const program = await compile({ inputs, outputs }, { threads: 1 });
    const feeds = offered.map(({ current }, index) => [`current${index}`, Float32Array.from(current)]);
    results = await program.run(Object.fromEntries(feeds));
    await program.release();
  });

  it.each(offered.map((example, index) => [example.name, index, example] as const))(
    "%s",
    (_name, index, example) => {
      expect([...results[`spikes${index}`]!.data], "spikes").toEqual(example.spikes);
      for (const quantity of ["membrane", "spikeGradient", "membraneGradient"] as const) {
        expect(
          mismatch(results[`${quantity}${index}`]!.data as Float32Array, stored(example[quantity])),
          quantity,
        ).toBeLessThan(1e-5);
      }
    },
  );
});

it("offers every neuron and surrogate of the fixture but these", () => {
  expect(cases.filter((example) => !isOffered(example)).map(({ name }) => name)).toEqual([
    "spikingjelly LIFNode PiecewiseExp tau 2.0 decayInput True reset 0.0 detach False threshold 1.0",
    "spikingjelly IFNode PiecewiseExp reset None detach False threshold 1.0",
    "spikingjelly LIFNode PiecewiseLeakyReLU tau 2.0 decayInput True reset 0.0 detach False threshold 1.0",
    "spikingjelly IFNode PiecewiseLeakyReLU reset None detach False threshold 1.0",
    "snntorch Leaky triangular beta 0.9 threshold 1.0 reset subtract delay True",
    "snntorch Leaky straight_through_estimator beta 0.9 threshold 1.0 reset subtract delay True",
    "snntorch Leaky spike_rate_escape beta 0.9 threshold 1.0 reset subtract delay True",
  ]);
});

const nameOf = ({ library, name, parameters }: Curve) => `${library} ${name} ${JSON.stringify(parameters)}`;

describe("surrogate derivatives", () => {
  const offered = surrogates.filter(
    ({ name, parameters }) => surrogateOf({ name, ...parameters }) !== undefined,
  );
  const x = input("x", [surrogates[0]!.x.length]);
  let results: Record<string, ArrayValue>;

  beforeAll(async () => {
    const outputs: Record<string, Tensor> = {};
    for (const [index, { library, name, parameters }] of offered.entries()) {
      const surrogate = surrogateOf({ name, ...parameters })!;
      const spikes = spike(x, surrogate, library === "snntorch");
      outputs[`spike${index}`] = spikes;
      outputs[`derivative${index}`] = surrogate.derivative(x);
      outputs[`gradient${index}`] = grad(sum(spikes), [x])[0]!;
    }
    const program = await compile({ inputs: [x], outputs }, { threads: 1 });
    results = await program.run({ x: Float32Array.from(surrogates[0]!.x) });
    await program.release();
  });

  it.each(offered.map((curve, index) => [nameOf(curve), index, curve] as const))(
    "%s",
    (_name, index, curve) => {
      expect([...results[`spike${index}`]!.data]).toEqual(curve.spike);
      expect(
        mismatch(results[`derivative${index}`]!.data as Float32Array, stored(curve.derivative)),
      ).toBeLessThan(1e-6);
      expect(results[`gradient${index}`]!.data).toEqual(results[`derivative${index}`]!.data);
    },
  );

  it("are offered for all but these", () => {
    const missing = surrogates.filter((curve) => !offered.includes(curve));
    expect(missing.map(nameOf)).toEqual([
      'spikingjelly SuperSpike {"alpha":2}',
      'spikingjelly PiecewiseExp {"alpha":1}',
      'spikingjelly PiecewiseLeakyReLU {"w":1,"c":0.01}',
      // not a triangle: its derivative is threshold below and −threshold above
      'snntorch triangular {"threshold":1}',
      "snntorch straight_through_estimator {}",
      'snntorch spike_rate_escape {"beta":1,"slope":25}',
    ]);
  });
});
