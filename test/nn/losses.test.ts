import { beforeAll, describe, expect, it } from "vitest";
import {
  crossEntropy,
  meanSquaredError,
  oneHot,
  poissonLoss,
  poissonLossFromLog,
} from "../../src/nn/index.ts";
import { type ArrayValue, compile } from "../../src/runtime/node.ts";
import { constant, grad, input, type Tensor } from "../../src/tensor/index.ts";
import { mismatch, readFixture, type StoredArray, valuesOf } from "../tensor/fixture.ts";

interface Case {
  readonly name: "crossEntropy" | "meanSquaredError" | "poisson";
  readonly options: {
    readonly labels?: number[];
    readonly labelSmoothing?: number;
    readonly target?: StoredArray;
    readonly counts?: number[];
    readonly logInput?: boolean;
    readonly epsilon?: number;
  };
  readonly input: StoredArray;
  readonly value: number;
  readonly gradient: number[];
}

const { losses } = readFixture<{ losses: Case[] }>("layers");

function lossOf({ name, options, input: { shape } }: Case, x: Tensor): Tensor {
  switch (name) {
    case "crossEntropy":
      return crossEntropy(x, constant(options.labels!, [shape[0]!], "int32"), options.labelSmoothing);
    case "meanSquaredError":
      return meanSquaredError(x, constant(valuesOf(options.target!), options.target!.shape));
    case "poisson": {
      const counts = constant(options.counts!, shape);
      return options.logInput ? poissonLossFromLog(x, counts) : poissonLoss(x, counts, options.epsilon);
    }
  }
}

describe("losses and their gradients are those of PyTorch", () => {
  let results: Record<string, ArrayValue>;

  beforeAll(async () => {
    const inputs: Tensor[] = [];
    const outputs: Record<string, Tensor> = {};
    for (const [i, example] of losses.entries()) {
      const x = input(`x${i}`, example.input.shape);
      const loss = lossOf(example, x);
      inputs.push(x);
      outputs[`loss${i}`] = loss;
      outputs[`gradient${i}`] = grad(loss, [x])[0]!;
    }
    const program = await compile({ inputs, outputs }, { threads: 1 });
    results = await program.run(
      Object.fromEntries(losses.map((example, i) => [`x${i}`, valuesOf(example.input)])),
    );
  });

  const named = losses.map((example, i) => {
    const { labelSmoothing, logInput } = example.options;
    const details = [`values to ${example.input.high}`];
    if (labelSmoothing) details.push(`smoothing ${labelSmoothing}`);
    if (logInput) details.push("of log-rates");
    return [`${example.name}, ${details.join(", ")}`, i, example] as const;
  });

  it.each(named)("%s", (_name, i, { value, gradient }) => {
    expect(results[`loss${i}`]!.shape).toEqual([]);
    expect(Math.abs(Number(results[`loss${i}`]!.data[0]) / value - 1)).toBeLessThan(2e-6);
    expect(
      mismatch(results[`gradient${i}`]!.data as Float32Array, { shape: [gradient.length], data: gradient }),
    ).toBeLessThan(2e-6);
  });
});

it("one-hot rows have a 1 at the label and stay zero for a label that is no class", async () => {
  const labels = input("labels", [4], "int32");
  const program = await compile({ inputs: [labels], outputs: { rows: oneHot(labels, 3) } });
  const { rows } = await program.run({ labels: Int32Array.of(2, 0, 3, -1) });
  expect(rows!.shape).toEqual([4, 3]);
  expect([...rows!.data]).toEqual([0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
});
