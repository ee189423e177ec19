import { describe, expect, it } from "vitest";
import { StriateError } from "../../src/error.ts";
import { ParameterMemory } from "../../src/runtime/memory.ts";
import {
  adam,
  adamW,
  Optimizer,
  sgd,
  trainingRegions,
  type UpdateRule,
} from "../../src/runtime/optimizer.ts";
import { Random } from "../../src/runtime/random.ts";
import fixture from "../fixtures/optimizers.json" with { type: "json" };

interface Group {
  learningRateScale?: number;
  weightDecay?: number;
}

const RULES = { sgd, adam, adamW };

/** Parameters of the given lengths with their optimiser, all zeros. */
function setUp(rule: UpdateRule, lengths: Record<string, number>, groups: Record<string, Group> = {}) {
  const names = Object.keys(lengths);
  const regions = names.map((name) => ({ name, shape: [lengths[name]] }));
  const memory = new ParameterMemory(trainingRegions(regions, rule));
  const parameters = names.map((name) => ({
    name,
    value: memory.get(name),
    gradient: memory.get(`${name}.gradient`),
    ...groups[name],
  }));
  return { memory, parameters, optimizer: new Optimizer(rule, parameters, memory) };
}

/** Largest error, relative to the largest number: numbers near zero are sums that cancel, whose own error is larger. */
function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(actual.length).toBe(expected.length);
  let [error, largest] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    error = Math.max(error, Math.abs(actual[i] - expected[i]));
    largest = Math.max(largest, Math.abs(expected[i]));
  }
  return error / largest;
}

describe("steps equal PyTorch's", () => {
  for (const entry of fixture.cases) {
    it(entry.name, () => {
      const rule = RULES[entry.kind as keyof typeof RULES](entry.options as never);
      const lengths = { weight: fixture.start.weight.length, bias: fixture.start.bias.length };
      const { memory, optimizer } = setUp(
        rule,
        lengths,
        (entry as { groups?: Record<string, Group> }).groups,
      );
      memory.get("weight").set(fixture.start.weight);
      memory.get("bias").set(fixture.start.bias);
      for (const [step, gradient] of fixture.gradients.entries()) {
        memory.get("weight.gradient").set(gradient.weight);
        memory.get("bias.gradient").set(gradient.bias);
        expect(Math.abs(optimizer.gradientNorm() / entry.gradientNorms[step] - 1)).toBeLessThan(1e-6);
        optimizer.step((entry as { rates?: number[] }).rates?.[step]);
      }
      expect(relativeError(memory.get("weight"), entry.values.weight)).toBeLessThan(1e-6);
      expect(relativeError(memory.get("bias"), entry.values.bias)).toBeLessThan(1e-6);
      const { stepCount, ...state } = optimizer.state();
      expect(stepCount).toEqual(Float32Array.of(fixture.gradients.length, 0));
      expect(Object.keys(state).sort()).toEqual(Object.keys(entry.state).sort());
      for (const [slot, numbers] of Object.entries(entry.state)) {
        expect(relativeError(state[slot], numbers as number[]), slot).toBeLessThan(1e-6);
      }
    });
  }
});

/** Takes steps with gradients that depend on the step alone. */
function train(set: ReturnType<typeof setUp>, from: number, to: number) {
  for (let step = from; step < to; step++) {
    for (const { name, gradient } of set.parameters) new Random(step).split(name).fillNormal(gradient);
    set.optimizer.step(0.01 / (1 + step));
  }
}

const EACH_RULE: [string, UpdateRule][] = [
  ["sgd", sgd({ learningRate: 0.1, weightDecay: 0.01 })],
  ["momentum", sgd({ learningRate: 0.1, momentum: 0.9, nesterov: true, weightDecay: 0.01 })],
  ["adam", adam({ learningRate: 0.1, weightDecay: 0.01, clipNorm: 2 })],
  ["adamW", adamW({ learningRate: 0.1 })],
];

describe.each(EACH_RULE)("%s", (_name, rule) => {
  const lengths = { a: 1, b: 7, c: 64, d: 130 };

  it("continues from a saved state with the same bits", () => {
    const whole = setUp(rule, lengths);
    train(whole, 0, 9);

    const first = setUp(rule, lengths);
    train(first, 0, 4);
    const saved = first.optimizer.state();
    const values = first.parameters.map(({ value }) => value.slice());
    train(first, 4, 6);

    const second = setUp(rule, lengths);
    for (const [index, { value }] of second.parameters.entries()) value.set(values[index]);
    second.optimizer.load(saved);
    expect(second.optimizer.stepCount).toBe(4);
    train(second, 4, 9);
    for (const [index, { value }] of second.parameters.entries()) {
      expect(new Uint32Array(value.slice().buffer)).toEqual(
        new Uint32Array(whole.parameters[index].value.slice().buffer),
      );
    }
    expect(second.optimizer.state()).toEqual(whole.optimizer.state());
    expect(whole.parameters[3].value.every((number) => number !== 0)).toBe(true);
  });

  it("leaves gradients as they were", () => {
    const { parameters, optimizer } = setUp(rule, lengths);
    for (const { gradient } of parameters) new Random(3).fillNormal(gradient);
    const before = parameters.map(({ gradient }) => gradient.slice());
    optimizer.step();
    expect(parameters.map(({ gradient }) => gradient)).toEqual(before);
  });

  it("gives each parameter the same bits whatever lies beside it", () => {
    const together = setUp({ ...rule, clipNorm: undefined }, lengths);
    train(together, 0, 3);
    for (const { name, value } of together.parameters) {
      const alone = setUp({ ...rule, clipNorm: undefined }, { [name]: value.length });
      train(alone, 0, 3);
      expect(alone.parameters[0].value).toEqual(value);
    }
  });
});

describe("gradients that are not ordinary numbers", () => {
  it("are found by name and index", () => {
    const { parameters, optimizer } = setUp(sgd({ learningRate: 1 }), { a: 5, b: 9 });
    expect(optimizer.firstNonFiniteGradient()).toBeUndefined();
    expect(optimizer.gradientNorm()).toBe(0);
    parameters[1].gradient[6] = Number.POSITIVE_INFINITY;
    parameters[1].gradient[8] = Number.NaN;
    expect(optimizer.firstNonFiniteGradient()).toEqual({ name: "b", index: 6 });
    expect(optimizer.gradientNorm()).toBeNaN();
  });

  it("stop a clipped step before anything is updated", () => {
    const { parameters, optimizer } = setUp(adam({ learningRate: 1, clipNorm: 1 }), { a: 5, b: 9 });
    for (const { gradient } of parameters) gradient.fill(1);
    parameters[1].gradient[2] = Number.NaN;
    expect(() => optimizer.step()).toThrow(/gradient of "b" is not a finite number at index 2/);
    expect(parameters[0].value).toEqual(new Float32Array(5));
    expect(optimizer.stepCount).toBe(0);
  });

  it.each(EACH_RULE)("pass NaN on to the parameter without clipping: %s", (_name, rule) => {
    const { parameters, optimizer } = setUp({ ...rule, clipNorm: undefined }, { a: 6 });
    parameters[0].gradient.fill(1)[5] = Number.NaN;
    optimizer.step();
    expect([...parameters[0].value].map(Number.isNaN)).toEqual([false, false, false, false, false, true]);
  });

  it("leave no denormal in the moments", () => {
    const sizes = [1e-8, 1e-14, 1e-16, 1e-20, 1e-29, 1e-31, 1e-38, 1e-44];
    for (const rule of [
      sgd({ learningRate: 1, momentum: 0.9 }),
      adam({ learningRate: 1 }),
      adamW({ learningRate: 1 }),
    ]) {
      const { parameters, optimizer } = setUp(rule, { a: sizes.length });
      for (let step = 0; step < 400; step++) {
        parameters[0].gradient.set(step < 2 ? sizes : sizes.map(() => 0));
        optimizer.step();
        const { stepCount: _, ...slots } = optimizer.state();
        for (const numbers of Object.values(slots)) {
          expect([...numbers].filter((number) => number !== 0 && Math.abs(number) < 0.99e-30)).toEqual([]);
        }
        if (step === 1) for (const numbers of Object.values(slots)) expect(numbers[0]).toBeGreaterThan(0);
      }
      expect(parameters[0].value[0]).toBeLessThan(0);
    }
  });
});

describe("what does not fit is refused", () => {
  it.each([
    ["learningRate is -1", () => sgd({ learningRate: -1 })],
    ["learningRate is NaN", () => adam({ learningRate: Number.NaN })],
    ["learningRate is undefined", () => adam({} as never)],
    ["momentum is 1,", () => sgd({ learningRate: 1, momentum: 1 })],
    ["nesterov was asked for with momentum 0", () => sgd({ learningRate: 1, nesterov: true })],
    ["beta2 is 1.5", () => adamW({ learningRate: 1, beta2: 1.5 })],
    ["epsilon is 0", () => adam({ learningRate: 1, epsilon: 0 })],
    ["clipNorm is 0", () => adam({ learningRate: 1, clipNorm: 0 })],
    ["weightDecay is Infinity", () => adamW({ learningRate: 1, weightDecay: Number.POSITIVE_INFINITY })],
    ["learningRate is -2", () => setUp(sgd({ learningRate: 1 }), { a: 1 }).optimizer.step(-2)],
    ['weightDecay of "a" is -1', () => setUp(sgd({ learningRate: 1 }), { a: 1 }, { a: { weightDecay: -1 } })],
    [
      'no region is named "a.firstMoment"',
      () => {
        const { parameters, memory } = setUp(sgd({ learningRate: 1 }), { a: 1 });
        new Optimizer(adam({ learningRate: 1 }), parameters, memory);
      },
    ],
    [
      '"a" has 8 numbers and its gradient 3',
      () => {
        const { parameters, memory } = setUp(sgd({ learningRate: 1 }), { a: 8, b: 3 });
        new Optimizer(
          sgd({ learningRate: 1 }),
          [{ ...parameters[0], gradient: parameters[1].gradient }],
          memory,
        );
      },
    ],
    [
      "an array of 8 numbers is not a region of this memory",
      () => {
        const { parameters, memory } = setUp(sgd({ learningRate: 1 }), { a: 8 });
        new Optimizer(
          sgd({ learningRate: 1 }),
          [{ ...parameters[0], gradient: new Float32Array(8) }],
          memory,
        );
      },
    ],
  ])("%s", (message, act) => {
    expect(act).toThrow(StriateError);
    expect(act).toThrow(message);
  });

  it("the state of another network or rule, which changes nothing", () => {
    const rule = sgd({ learningRate: 1, momentum: 0.9 });
    const { optimizer, parameters } = setUp(rule, { a: 3, b: 2 });
    parameters[0].gradient.fill(1);
    optimizer.step();
    const before = optimizer.state();
    const other = { stepCount: Float32Array.of(7, 0), "a.velocity": Float32Array.of(5, 5, 5) };
    expect(() => optimizer.load(other)).toThrow('has no numbers for "b.velocity", 2 were expected');
    expect(() => optimizer.load({ ...other, "b.velocity": new Float32Array(3) })).toThrow(
      "has 3 numbers for",
    );
    expect(() => optimizer.load({ ...before, "c.velocity": new Float32Array(3) })).toThrow(
      "no were expected",
    );
    expect(optimizer.state()).toEqual(before);
  });
});

it("keeps step counts above what one float32 holds", () => {
  const { optimizer } = setUp(sgd({ learningRate: 1 }), { a: 1 });
  optimizer.load({ stepCount: Float32Array.of(2 ** 24 - 1, 3) });
  expect(optimizer.stepCount).toBe(2 ** 26 - 1);
  optimizer.step();
  expect(optimizer.state()).toEqual({ stepCount: Float32Array.of(0, 4) });
});
