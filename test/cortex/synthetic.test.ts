import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { correlations, meanCorrelation, tierTrials } from "../../src/cortex/metrics/index.ts";
import { rowsOf } from "../../src/cortex/metrics/trials.ts";
import { drawAnimal } from "../../src/cortex/synthetic/animal.ts";
import { drawBehavior } from "../../src/cortex/synthetic/behavior.ts";
import { type Cell, drawCell } from "../../src/cortex/synthetic/cells.ts";
import { applyFilter, gaborFilter } from "../../src/cortex/synthetic/gabor.ts";
import { LocalContrast } from "../../src/cortex/synthetic/local-contrast.ts";
import { Population } from "../../src/cortex/synthetic/population.ts";
import { Retina } from "../../src/cortex/synthetic/retina.ts";
import { drawSpikes } from "../../src/cortex/synthetic/spikes.ts";
import { drawStimulus, stimulusKinds } from "../../src/cortex/synthetic/stimuli.ts";
import {
  type SyntheticOptions,
  synthesizeRecording,
  synthesizeSubjects,
  syntheticPopulation,
} from "../../src/cortex/synthetic/synthesize.ts";
import { StriateError } from "../../src/error.ts";
import { checkRecording, type Recording } from "../../src/formats/recording.ts";
import { readSensoriumPath } from "../../src/formats/sensorium.node.ts";
import { synthesizeRecordings } from "../../src/recipes/synthesize.node.ts";
import { Random } from "../../src/runtime/random.ts";

const small: SyntheticOptions = { neurons: 40, images: 200 };
const recordings = synthesizeSubjects({ ...small, subjects: 3, seed: 1 });
const [first, second] = recordings as [Recording, Recording, Recording];

const mean = (values: ArrayLike<number>) =>
  Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;
const variance = (values: ArrayLike<number>) => {
  const average = mean(values);
  return mean(Array.from(values, (value) => (value - average) ** 2));
};
/** Whether arrays hold the same bits; toEqual takes seconds for large ones. */
const areSame = (a: Float32Array | undefined, b: Float32Array | undefined) =>
  Buffer.from(a!.buffer, a!.byteOffset, a!.byteLength).equals(
    Buffer.from(b!.buffer, b!.byteOffset, b!.byteLength),
  );
const column = (values: Float32Array, width: number, index: number) =>
  values.filter((_, at) => at % width === index);

describe("synthesizeSubjects", () => {
  it("gives recordings whose parts fit together, without a warning", () => {
    for (const recording of recordings) expect(checkRecording(recording)).toEqual([]);
    expect(recordings.map(({ subject }) => subject)).toEqual(["synthetic-0", "synthetic-1", "synthetic-2"]);
    const { stimuli, expected, behavior, pupilCenter, coordinates, trials, neurons } = first;
    expect(stimuli).toMatchObject({ count: 200, channels: 1, height: 36, width: 64 });
    expect([neurons, trials]).toEqual([40, 180 + 20 * 10]);
    expect(expected!.length).toBe(trials * neurons);
    expect(behavior!.length).toBe(trials * 3);
    expect(pupilCenter!.length).toBe(trials * 2);
    expect(coordinates!.length).toBe(neurons * 3);
  });

  it("gives the same bits for the same seed, whether or not the other animals are made", () => {
    const again = synthesizeRecording({ ...small, seed: 1, subject: 1 });
    const other = synthesizeRecording({ ...small, seed: 2, subject: 1 });
    for (const part of ["responses", "expected", "behavior", "pupilCenter", "coordinates"] as const) {
      expect(areSame(again[part], second[part]), part).toBe(true);
      expect(areSame(other[part], second[part]), part).toBe(false);
    }
    expect(areSame(again.stimuli.data, second.stimuli.data)).toBe(true);
    expect(areSame(other.stimuli.data, second.stimuli.data)).toBe(false);
    expect(again.stimulusIds).toEqual(second.stimulusIds);
    expect([...again.stimulusOf]).toEqual([...second.stimulusOf]);
    expect(again.tierOf).toEqual(second.tierOf);
  });

  it("repeats test images only, and keeps an image in one tier", () => {
    const { tierOf, stimulusOf } = first;
    const shown = new Map<number, string[]>();
    stimulusOf.forEach((stimulus, trial) => {
      shown.set(stimulus, [...(shown.get(stimulus) ?? []), tierOf[trial]!]);
    });
    const groups = [...shown.values()];
    expect(groups.every((group) => new Set(group).size === 1)).toBe(true);
    const countOf = (tier: string) => groups.filter(([name]) => name === tier).map(({ length }) => length);
    expect(countOf("test")).toEqual(Array(20).fill(10));
    expect(countOf("validation")).toEqual(Array(20).fill(1));
    expect(countOf("train")).toEqual(Array(160).fill(1));
  });

  it("shows all animals the same images for tests and validation, and others for training unless asked", () => {
    const idsOf = ({ tierOf, stimulusOf, stimulusIds }: Recording, tier: string) =>
      new Set(Array.from(stimulusOf, (at) => stimulusIds[at]!).filter((_, trial) => tierOf[trial] === tier));
    expect(idsOf(first, "test")).toEqual(idsOf(second, "test"));
    expect(idsOf(first, "validation")).toEqual(idsOf(second, "validation"));
    const common = [...idsOf(first, "train")].filter((id) => idsOf(second, "train").has(id));
    expect(common.length).toBeGreaterThan(50);
    expect(common.length).toBeLessThan(110);
    const pixels = 36 * 64;
    const imageOf = ({ stimuli, stimulusIds }: Recording, id: string) =>
      stimuli.data.subarray(stimulusIds.indexOf(id) * pixels, (stimulusIds.indexOf(id) + 1) * pixels);
    for (const id of [...common.slice(0, 5), ...idsOf(first, "test")])
      expect(areSame(imageOf(first, id), imageOf(second, id)), id).toBe(true);
    const shared = synthesizeSubjects({ neurons: 2, images: 40, subjects: 2, shareImages: true });
    expect(idsOf(shared[0]!, "train")).toEqual(idsOf(shared[1]!, "train"));
  });

  it("keeps an animal's cells whatever it is shown", () => {
    const noise = synthesizeRecording({ ...small, stimuli: "noise" });
    expect(areSame(noise.coordinates, first.coordinates)).toBe(true);
    expect(areSame(noise.behavior, first.behavior)).toBe(true);
    expect(areSame(noise.stimuli.data, first.stimuli.data)).toBe(false);
  });

  it.each([
    { neurons: 0 },
    { images: 29 },
    { images: 40.5 },
    { height: 15 },
    { repeats: 1 },
    { subject: -1 },
    { subjects: 0 },
  ])("refuses %o", (options) => {
    const make = "subjects" in options ? synthesizeSubjects : synthesizeRecording;
    expect(() => make(options)).toThrow(StriateError);
  });
});

describe("responses", () => {
  it("are whole numbers around the expected ones, with the variance of Poisson counts", () => {
    const { responses, expected } = first;
    expect(responses.every((count) => Number.isInteger(count) && count >= 0)).toBe(true);
    // 15,200 counts: the deviation of both figures is about 0.01.
    expect(Math.abs(mean(responses) / mean(expected!) - 1)).toBeLessThan(0.03);
    const fano = mean(responses.map((count, at) => (count - expected![at]!) ** 2 / expected![at]!));
    expect(fano).toBeGreaterThan(0.95);
    expect(fano).toBeLessThan(1.05);
  });

  it("are drawn with the probabilities of a Poisson distribution, for small and for large means", () => {
    const draws = 20_000;
    for (const average of [0.3, 4, 40]) {
      const counts = drawSpikes(new Random(3), new Float32Array(draws).fill(average));
      // Four standard errors of a Poisson sample's mean and variance.
      expect(Math.abs(mean(counts) - average)).toBeLessThan(4 * Math.sqrt(average / draws));
      expect(Math.abs(variance(counts) - average)).toBeLessThan(
        4 * Math.sqrt((average + 2 * average ** 2) / draws),
      );
    }
    const silent = drawSpikes(new Random(3), new Float32Array(draws).fill(0.3)).filter(
      (count) => count === 0,
    );
    expect(silent.length / draws).toBeCloseTo(Math.exp(-0.3), 2);
  });

  it("have rates, and a ceiling for models, like those of V1, mostly from the stimulus", () => {
    for (const recording of recordings) {
      const tests = tierTrials(recording, "test");
      const { neurons } = recording;
      const expected = rowsOf(recording.expected!, tests.places, neurons);
      const ceiling = meanCorrelation(expected, tests.responses, tests.trials, neurons);
      expect(ceiling).toBeGreaterThan(0.4);
      expect(ceiling).toBeLessThan(0.7);
      expect(mean(recording.responses)).toBeGreaterThan(1);
      expect(mean(recording.responses)).toBeLessThan(4);
      const byStimulus = expected.slice();
      for (const rows of tests.repeats)
        for (let neuron = 0; neuron < neurons; neuron++) {
          const average = mean(Array.from(rows, (row) => expected[row * neurons + neuron]!));
          for (const row of rows) byStimulus[row * neurons + neuron] = average;
        }
      const shares = correlations(byStimulus, expected, tests.trials, neurons).map((r) => r * r);
      expect(mean(shares)).toBeGreaterThan(0.6);
    }
  });

  it("grow with arousal", () => {
    const { behavior, expected, trials, neurons } = first;
    const total = Float32Array.from({ length: trials }, (_, trial) =>
      mean(expected!.subarray(trial * neurons, (trial + 1) * neurons)),
    );
    expect(correlations(column(behavior!, 3, 2), total, trials, 1)[0]).toBeGreaterThan(0.3);
  });
});

/** A grating of contrast 0.5 with the orientation and frequency of a cell's field. */
function grating({ field }: Cell, phase: number): Float32Array {
  const [cos, sin] = [Math.cos(field.orientation), Math.sin(field.orientation)];
  return Float32Array.from({ length: 36 * 64 }, (_, at) => {
    const across = cos * ((at % 64) - field.x) + sin * (Math.floor(at / 64) - field.y);
    return 0.5 + 0.25 * Math.cos(2 * Math.PI * field.frequency * across + phase);
  });
}

describe("cells", () => {
  const { population } = syntheticPopulation({ ...small, seed: 1 });
  const phases = Array.from({ length: 8 }, (_, index) => (index * Math.PI) / 4);
  const modulation = (kind: Cell["kind"]) =>
    population.cells.flatMap((cell, index) => {
      const isInside = cell.field.x > 8 && cell.field.x < 55 && cell.field.y > 8 && cell.field.y < 27;
      if (cell.kind !== kind || !isInside) return [];
      const drives = phases.map(
        (phase) => population.drive(grating(cell, phase), new Float32Array(40))[index]!,
      );
      return [(Math.max(...drives) - Math.min(...drives)) / Math.max(...drives)];
    });

  it("of the complex kind do not care for the phase of a grating, those of the simple kind do", () => {
    const [simple, complex] = [modulation("simple"), modulation("complex")];
    expect(simple.length).toBeGreaterThan(5);
    expect(complex.length).toBeGreaterThan(5);
    expect(Math.min(...simple)).toBeGreaterThan(0.99);
    expect(Math.max(...complex)).toBeLessThan(0.25);
  });

  it("prefer their orientation and do not see uniform grey", () => {
    population.cells.slice(0, 12).forEach((cell, index) => {
      const drive = (orientation: number) =>
        Math.max(
          ...phases.map((phase) => {
            const turned = { ...cell, field: { ...cell.field, orientation } };
            return population.drive(grating(turned, phase), new Float32Array(40))[index]!;
          }),
        );
      const { orientation } = cell.field;
      expect(drive(orientation + Math.PI / 2)).toBeLessThan(0.3 * drive(orientation));
    });
    const grey = population.drive(new Float32Array(36 * 64).fill(0.7), new Float32Array(40));
    expect(Math.max(...grey)).toBeLessThan(1e-6);
  });

  it("have fields inside the image, 6 to 14 pixels wide", () => {
    for (const subject of [0, 1, 2, 3, 4]) {
      const random = new Random(7);
      for (let index = 0; index < 200; index++) {
        const { field } = drawCell(random, drawAnimal(1, subject), 36, 64);
        expect(field.x > 0 && field.x < 63 && field.y > 0 && field.y < 35).toBe(true);
        expect(4 * field.width).toBeGreaterThan(5.99);
        expect(4 * field.width).toBeLessThan(14.01);
      }
    }
  });

  it("lie on the visual field as the cortical map puts them, a pixel or so beside it", () => {
    const random = new Random(9);
    const animal = drawAnimal(1, 0);
    const cells = Array.from({ length: 200 }, () => drawCell(random, animal, 36, 64));
    const distances = cells.map((cell) => {
      const neighbours = cells
        .filter((other) => other !== cell)
        .map((other) => {
          const cortical = Math.hypot(
            ...[0, 1].map((axis) => cell.coordinates[axis]! - other.coordinates[axis]!),
          );
          return { cortical, visual: Math.hypot(cell.field.x - other.field.x, cell.field.y - other.field.y) };
        });
      return neighbours.reduce((best, each) => (each.cortical < best.cortical ? each : best)).visual;
    });
    const apart = cells.map(({ field }) =>
      Math.hypot(field.x - cells[0]!.field.x, field.y - cells[0]!.field.y),
    );
    expect(mean(distances)).toBeLessThan(4);
    expect(mean(apart)).toBeGreaterThan(10);
  });

  it("respond less when there is more contrast around them", () => {
    const animal = { ...drawAnimal(1, 0), normalization: 2, poolWidth: 0.2 };
    const [cell] = population.cells.filter(({ kind }) => kind === "complex");
    const one = new Population(animal, [cell!], 36, 64, [grating(cell!, 0)]);
    const full = grating(cell!, 0);
    const patch = new Float32Array(36 * 64).fill(0.5);
    const { starts, lengths } = gaborFilter(cell!.field, 36, 64);
    starts.forEach((start, run) => {
      patch.set(full.subarray(start, start + lengths[run]!), start);
    });
    const drive = (image: Float32Array) => one.drive(image, new Float32Array(1))[0]!;
    expect(drive(full)).toBeLessThan(0.9 * drive(patch));
  });
});

describe("animals", () => {
  it("differ in every trait from the next", () => {
    const animals = [0, 1, 2, 3].map((index) => drawAnimal(5, index));
    for (const trait of ["spatialFrequency", "simpleShare", "normalization", "exponent", "rate"] as const) {
      const values = animals.map((animal) => Math.log(animal[trait]));
      for (const at of [1, 2, 3]) expect(Math.abs(values[at]! - values[at - 1]!)).toBeGreaterThan(0.1);
    }
    expect(drawAnimal(5, 2)).toEqual(drawAnimal(5, 2));
    expect(drawAnimal(6, 2)).not.toEqual(drawAnimal(5, 2));
  });

  it("drift slowly between states, which gains are given by", () => {
    const { behavior, pupilCenter, state, shift } = drawBehavior(new Random(4), 20_000);
    const size = column(behavior, 3, 0);
    expect(correlations(size.subarray(1), size.subarray(0, -1), 19_999, 1)[0]! - 0.95).toBeCloseTo(0, 2);
    expect(correlations(pupilCenter.subarray(2), pupilCenter.subarray(0, -2), 19_999, 2)[0]).toBeCloseTo(
      0.9,
      1,
    );
    expect(Math.min(...column(behavior, 3, 2))).toBe(0);
    for (const index of [0, 1, 2]) {
      const values = column(state, 3, index);
      expect(Math.abs(mean(values))).toBeLessThan(0.15);
      expect(Math.abs(variance(values) - 1)).toBeLessThan(0.15);
      expect(correlations(column(behavior, 3, index), values, 20_000, 1)[0]).toBeCloseTo(1, 6);
    }
    expect(Math.sqrt(variance(shift)) * 36).toBeCloseTo(0.3, 1);
  });
});

describe("stimuli", () => {
  it.each(stimulusKinds)(
    "of the kind %s are whole numbers from 0 to 255 with contrast at all scales",
    (kind) => {
      const images = Array.from({ length: 20 }, (_, index) =>
        drawStimulus(new Random(1).split(`${index}`), kind, 36, 64),
      );
      expect(
        images.every((image) => image.every((grey) => Number.isInteger(grey) && grey >= 0 && grey <= 255)),
      ).toBe(true);
      // A spectrum 1/f² has equal power in every octave, so the difference of means over neighbouring blocks falls little
      // with their size, where that of white noise halves with each doubling.
      const difference = (size: number) =>
        mean(
          images.map((image) => {
            const means = Array.from({ length: Math.floor(64 / size) }, (_, block) =>
              mean(
                Array.from(
                  { length: size * size },
                  (_, at) => image[Math.floor(at / size) * 64 + block * size + (at % size)]!,
                ),
              ),
            );
            return (
              mean(means.slice(1).map((value, at) => Math.abs(value - means[at]!))) /
              Math.sqrt(variance(image))
            );
          }),
        );
      expect(difference(8) / difference(1)).toBeGreaterThan(0.5);
    },
  );
});

describe("parts of the model", () => {
  it("a Gabor filter answers its best grating of amplitude 1 with 1", () => {
    const field = { x: 31.3, y: 17.6, frequency: 0.16, orientation: 0.7, phase: 0.4, width: 2.6, length: 3 };
    const cell = { field } as Cell;
    const best = grating(cell, 0.4).map((value) => (value - 0.5) * 4);
    expect(applyFilter(gaborFilter(field, 36, 64), best)).toBeCloseTo(1, 1);
  });

  it("local contrast is the variance of a stationary image, and none on grey", () => {
    const image = new Random(2).fillNormal(new Float32Array(36 * 64), 5, 2);
    const contrast = new LocalContrast(36, 64, 12);
    contrast.measure(image);
    expect(Math.abs(contrast.varianceAt(32, 18) / 4 - 1)).toBeLessThan(0.1);
    contrast.measure(new Float32Array(36 * 64).fill(7));
    expect(contrast.varianceAt(3, 35)).toBeLessThan(1e-5);
  });

  it("the retina averages large images down and moves them by parts of a pixel", () => {
    const large = new Retina(144, 256, 1);
    expect([large.height, large.width]).toEqual([36, 64]);
    const image = Float32Array.from({ length: 144 * 256 }, (_, at) => (at % 256) - ((at % 256) % 4));
    expect(large.luminance(image)[5]).toBeCloseTo(20 / 255, 6);
    const ramp = Float32Array.from({ length: 36 * 64 }, (_, at) => (at % 64) + 100 * Math.floor(at / 64));
    const moved = new Float32Array(36 * 64);
    large.shift(ramp, 1.25, -0.5, moved);
    expect(moved[10 * 64 + 20]).toBeCloseTo(100 * 10.5 + 18.75, 3);
    large.shift(ramp, 0, 0, moved);
    expect(moved).toEqual(ramp);
  });
});

describe("synthesizeRecordings", () => {
  it("writes folders that give the recordings back, with traits and the true ceiling beside them", async () => {
    const out = await mkdtemp(join(tmpdir(), "striate-synthetic-"));
    try {
      const options = { neurons: 5, images: 40, repeats: 4, seed: 3 };
      const written = await synthesizeRecordings({ ...options, subjects: 2, out, dataset: "two animals" });
      expect(written.map(({ folder }) => folder)).toEqual([0, 1].map((at) => join(out, `synthetic-${at}`)));
      for (const [subject, { folder, ceiling, reliability }] of written.entries()) {
        const made = synthesizeRecording({ ...options, subject });
        const read = await readSensoriumPath(folder);
        expect(read).toMatchObject({ subject: `synthetic-${subject}`, dataset: "two animals", trials: 100 });
        for (const part of ["responses", "expected", "behavior", "pupilCenter", "coordinates"] as const)
          expect(areSame(read[part], made[part]), part).toBe(true);
        const tests = tierTrials(read, "test");
        const expected = rowsOf(read.expected!, tests.places, 5);
        expect(ceiling).toBe(meanCorrelation(expected, tests.responses, tests.trials, 5));
        expect(reliability).toBeGreaterThan(0);
        const config = JSON.parse(await readFile(join(folder, "config.json"), "utf8"));
        expect(config.striate.synthetic).toMatchObject({ ...options, subject, ceiling, reliability });
        expect(config.striate.synthetic.traits).toEqual(drawAnimal(3, subject));
      }
    } finally {
      await rm(out, { recursive: true });
    }
  });
});
