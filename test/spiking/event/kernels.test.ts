import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { eventKernels } from "../../../src/runtime/kernels/events.ts";
import { Random } from "../../../src/runtime/random.ts";

type Kernel = (...numbers: (number | bigint)[]) => number;

const memory = new WebAssembly.Memory({ initial: 64, maximum: 64, shared: true });
const kernels = new WebAssembly.Instance(await eventKernels(), { env: { memory } }).exports as Record<
  string,
  Kernel
>;
const floats = new Float32Array(memory.buffer);
const halves = new Int16Array(memory.buffer);
const words = new Int32Array(memory.buffer);
const random = new Random(3);

/** Bytes where things lie: offsets, codes, values, weights, scales, spilled sums, currents (with room on both sides). */
const at = {
  window: 64,
  offsets: 0x400,
  codes: 0x2000,
  values: 0x42000,
  weights: 0x82000,
  scales: 0x300000,
  spill: 0x310000,
  current: 0x320000,
};

interface Geometry {
  readonly height: number;
  readonly width: number;
  readonly codes: number;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  readonly stride: number;
  readonly padding: number;
  readonly density: number;
  readonly row: number;
}

const geometry = fc.record({
  height: fc.integer({ min: 1, max: 5 }),
  width: fc.integer({ min: 1, max: 9 }),
  codes: fc.integer({ min: 1, max: 40 }),
  kernelHeight: fc.integer({ min: 1, max: 4 }),
  kernelWidth: fc.integer({ min: 1, max: 5 }),
  stride: fc.integer({ min: 1, max: 3 }),
  padding: fc.integer({ min: 0, max: 2 }),
  density: fc.double({ min: 0, max: 1, noNaN: true }),
  row: fc.integer({ min: -2, max: 4 }),
});

interface Event {
  readonly pixel: number;
  readonly channel: number;
  readonly value: number;
}

/** Draws events, writes them as trains are laid out, and returns them row by row. */
function drawEvents({ height, width, codes, density }: Geometry, isGraded: boolean): Event[][] {
  const draws = new Float32Array(height * width * codes * 2);
  random.split(`${height} ${width} ${codes} ${density}`).fillUniform(draws);
  let place = at.codes / 4;
  let draw = 0;
  return Array.from({ length: height }, (_, y) => {
    const events: Event[] = [];
    words[at.offsets / 4 + y * (width + 1)] = place * 4;
    for (let pixel = 0; pixel < width; pixel++) {
      for (let channel = 0; channel < codes; channel++, draw += 2) {
        if (draws[draw]! >= density) continue;
        const value = isGraded ? Math.fround(draws[draw + 1]! * 4 - 2) : 1;
        events.push({ pixel, channel, value });
        words[place] = pixel * codes + channel;
        floats[place + (at.values - at.codes) / 4] = value;
        place++;
      }
      words[at.offsets / 4 + y * (width + 1) + pixel + 1] = place * 4;
    }
    return events;
  });
}

const outputWidth = ({ width, kernelWidth, stride, padding }: Geometry): number =>
  Math.floor((width + 2 * padding - kernelWidth) / stride) + 1;

/** What a row of currents becomes, one event and one weight after the other. */
function scalarRow(
  shape: Geometry,
  rows: readonly Event[][],
  channels: number,
  weightOf: (row: number, column: number, code: number, o: number) => number,
  begin: Float32Array,
  add: (sum: number, value: number, weight: number) => number,
): Float32Array {
  const { row: top, kernelHeight, kernelWidth, stride, padding } = shape;
  const result = begin.slice();
  for (let k = 0; k < kernelHeight; k++) {
    for (const { pixel, channel, value } of rows[top + k] ?? []) {
      for (let x = 0; x < outputWidth(shape); x++) {
        const column = pixel + padding - x * stride;
        if (column < 0 || column >= kernelWidth) continue;
        for (let o = 0; o < channels; o++) {
          const i = x * channels + o;
          result[i] = add(result[i]!, value, weightOf(k, column, channel, o));
        }
      }
    }
  }
  return result;
}

const drawInto = (target: Float32Array, name: string): Float32Array => {
  random.split(name).fillNormal(target);
  return target;
};

/** Writes the window of a shape, and gives its address: fields as in assembly/events/window.ts. */
function windowOf(shape: Geometry, channels: number, valuesDelta: number): number {
  const { width, codes, kernelWidth, stride, padding, row } = shape;
  const [first, end] = rowsInside(shape);
  const rowBytes = (width + 1) * 4;
  const offsets = at.offsets + row * rowBytes;
  const fields = [outputWidth(shape), channels * 4, offsets, rowBytes, first, end];
  words.set([...fields, kernelWidth, stride, padding, width, codes, valuesDelta], at.window / 4);
  return at.window;
}

/** The rows of the kernel that lie in the source. */
const rowsInside = ({ row, kernelHeight, height }: Geometry): [number, number] => [
  Math.max(0, -row),
  Math.min(kernelHeight, height - row),
];

const floatSum = (sum: number, value: number, weight: number): number =>
  Math.fround(sum + Math.fround(value * weight));

const runs = { numRuns: 60 };

describe("convolution of events in float32 has the bits of a scalar loop", () => {
  for (const vectors of [1, 2, 4, 8]) {
    for (const form of [`gather${vectors}`, "scatter"]) {
      for (const isGraded of [false, true]) {
        it(`${form}, ${4 * vectors} channels, ${isGraded ? "graded" : "binary"} events`, () => {
          fc.assert(
            fc.property(geometry, (shape) => {
              const width = outputWidth(shape);
              fc.pre(width > 0);
              const rows = drawEvents(shape, isGraded);
              const channels = 4 * vectors;
              const { codes, kernelHeight, kernelWidth } = shape;
              const weights = drawInto(
                floats.subarray(
                  at.weights / 4,
                  at.weights / 4 + kernelHeight * kernelWidth * codes * channels,
                ),
                "weights",
              );
              const current = floats.subarray(at.current / 4, at.current / 4 + width * channels);
              const begin = drawInto(new Float32Array(current.length), "currents");
              current.set(begin);
              const weightOf = (k: number, column: number, code: number, o: number) =>
                weights[((k * kernelWidth + column) * codes + code) * channels + o]!;
              const window = windowOf(shape, channels, isGraded ? at.values - at.codes : 0);
              kernels[form]!(window, at.current, at.weights, ...(form === "scatter" ? [vectors] : []));
              expect(current).toEqual(scalarRow(shape, rows, channels, weightOf, begin, floatSum));
            }),
            runs,
          );
        });
      }
    }
  }
});

describe("convolution of events with 8-bit weights is exact", () => {
  for (const vectors of [1, 2, 4, 8]) {
    it(`${8 * vectors} channels, also where sums spill out of 16 bits`, () => {
      fc.assert(
        fc.property(geometry, fc.boolean(), (shape, isLargest) => {
          const width = outputWidth(shape);
          fc.pre(width > 0);
          const rows = drawEvents(shape, false);
          const channels = 8 * vectors;
          const { codes, kernelHeight, kernelWidth } = shape;
          const weights = halves.subarray(
            at.weights / 2,
            at.weights / 2 + kernelHeight * kernelWidth * codes * channels,
          );
          const draws = drawInto(new Float32Array(weights.length), "bytes");
          for (let i = 0; i < weights.length; i++) {
            weights[i] = isLargest ? 127 : Math.max(-127, Math.min(127, Math.round(draws[i]! * 60)));
          }
          const scales = drawInto(floats.subarray(at.scales / 4, at.scales / 4 + channels), "scales");
          const current = floats.subarray(at.current / 4, at.current / 4 + width * channels);
          const begin = drawInto(new Float32Array(current.length), "currents");
          current.set(begin);
          const weightOf = (k: number, column: number, code: number, o: number) =>
            weights[((k * kernelWidth + column) * codes + code) * channels + o]!;
          const window = windowOf(shape, channels, 0);
          kernels[`gatherInt8By${vectors}`]!(window, at.current, at.weights, at.scales, at.spill);
          const sums = scalarRow(
            shape,
            rows,
            channels,
            weightOf,
            new Float32Array(begin.length),
            (a, _, b) => a + b,
          );
          const expected = begin.map((value, i) => value + Math.fround(sums[i]! * scales[i % channels]!));
          expect(current).toEqual(expected);
        }),
        runs,
      );
    });
  }
});

it("several rows of events become one, pixel by pixel", () => {
  fc.assert(
    fc.property(geometry, (shape) => {
      const rows = drawEvents(shape, false);
      const { width, height, codes } = shape;
      const codesAt = 0x1000;
      const whole = { ...shape, kernelHeight: height, kernelWidth: 3, row: 0 };
      const rowCodes = 3 * codes;
      kernels.mergeRows!(windowOf(whole, 4, 0), at.weights, codesAt);
      const merged = Array.from({ length: width }, (_, pixel) => {
        const [first, end] = [words[at.weights / 4 + pixel]!, words[at.weights / 4 + pixel + 1]!];
        return [...words.subarray(first / 4, end / 4)];
      });
      const expected = Array.from({ length: width }, (_, pixel) =>
        rows.flatMap((row, y) =>
          row
            .filter((event) => event.pixel === pixel)
            .map(({ channel }) => y * rowCodes + pixel * codes + channel),
        ),
      );
      expect(words[at.weights / 4]).toBe(at.weights + codesAt);
      expect(merged).toEqual(expected);
    }),
    runs,
  );
});

it("lists of targets are added up one after the other, between two bytes of the currents", () => {
  const shape = { height: 1, width: 4, codes: 6, density: 0.5 } as Geometry;
  const [events] = drawEvents(shape, true) as [Event[]];
  const units = 24;
  const starts = at.weights / 4;
  const targets = at.scales / 4;
  let pairs = 0;
  for (let unit = 0; unit < units; unit++) {
    words[starts + unit] = pairs;
    for (let i = 0; i < unit % 3; i++, pairs++) {
      words[targets + 2 * pairs] = ((unit * 7 + i) % 10) * 4;
      floats[targets + 2 * pairs + 1] = unit / 3 - i;
    }
  }
  words[starts + units] = pairs;
  const expected = new Float32Array(10);
  for (const { pixel, channel, value } of events) {
    const unit = pixel * 6 + channel;
    for (let i = 0; i < unit % 3; i++) {
      const target = (unit * 7 + i) % 10;
      if (target < 2 || target >= 8) continue;
      expected[target] = floatSum(expected[target]!, value, Math.fround(unit / 3 - i));
    }
  }
  const current = floats.subarray(at.current / 4, at.current / 4 + 10);
  current.fill(0);
  const [first, end] = [words[at.offsets / 4]!, words[at.offsets / 4 + 4]!];
  kernels.scatterLists!(at.current, first, end, at.weights, at.scales, 8, 32, at.values - at.codes);
  expect(expected.some((value) => value !== 0)).toBe(true);
  expect(current).toEqual(expected);
});

it("says of numbers whether each is 0 or 1", () => {
  for (const length of [1, 4, 7, 64, 67]) {
    const values = floats.subarray(at.values / 4, at.values / 4 + length);
    for (let i = 0; i < length; i++) values[i] = i % 2;
    expect(kernels.isBinary!(at.values, length)).toBe(1);
    for (const wrong of [-1, 0.5, Number.NaN, 2]) {
      values[length - 1] = wrong;
      expect(kernels.isBinary!(at.values, length)).toBe(0);
    }
  }
});
