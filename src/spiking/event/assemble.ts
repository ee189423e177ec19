import {
  Firing,
  Population,
  Program,
  Room,
  Stage,
  Synapse,
  Synapses,
  Train,
} from "../../runtime/assembly/events/layout.ts";
import { delaySteps } from "../dense/delay.ts";
import type { Integration } from "../integration.ts";
import { Arena } from "./arena.ts";
import { arranged, type Layout, layoutOf } from "./layout.ts";
import { placeLists } from "./lists.ts";
import { placeNeurons, placeParameter } from "./parameters.ts";
import type { Plan, PlannedPopulation, Term } from "./plan.ts";
import { identityMap } from "./sparse-map.ts";
import { swizzles } from "./swizzles.ts";
import { placeWeights } from "./weights.ts";

export interface AssemblyOptions {
  readonly batch: number;
  readonly threads: number;
  /** Steps of one run at most. */
  readonly chunk: number | undefined;
  /** "constant" for an input that stays the same for all steps of a run. */
  readonly input: "constant" | "steps";
  readonly weights: "float32" | "int8";
  readonly integration: Integration;
  /** Seconds. */
  readonly timeStep: number;
}

/** Numbers that runs leave at an address, (step, image, row, pixel, channel), or (image, …). */
export interface PlacedArray {
  readonly address: number;
  readonly layout: Layout;
}

export interface PlacedPopulation {
  readonly name: string;
  readonly address: number;
  readonly layout: Layout;
  readonly units: number;
  /** Address of its train. */
  readonly train: number;
  /** Arrays of the state and what they hold before the first step, for every image. */
  readonly state: readonly { readonly address: number; readonly start: Float32Array }[];
}

/** A plan in the memory of the kernels. */
export interface Assembled {
  readonly memory: WebAssembly.Memory;
  /** Address of the program. */
  readonly program: number;
  /** What runs once for every constant input, and what runs at every step: addresses and numbers of populations. */
  readonly still: { readonly address: number; readonly count: number };
  readonly moving: { readonly address: number; readonly count: number };
  readonly populations: ReadonlyMap<string, PlacedPopulation>;
  readonly inputs: ReadonlyMap<string, { readonly address: number; readonly population: PlacedPopulation }>;
  readonly records: ReadonlyMap<string, PlacedArray>;
  /** Steps of one run at most. */
  readonly chunk: number;
}

/** Lays a plan out for the kernels. */
export function assemble(plan: Plan, options: AssemblyOptions): Assembled {
  return new Assembler(plan, options).assemble();
}

/** Suffix of the populations that work out once what a constant input comes to. */
const STILL = "/constant";

class Assembler {
  private readonly arena = new Arena();
  private readonly plan: Plan;
  /** Populations that are wanted. */
  private readonly recorded: ReadonlySet<string>;
  private readonly options: AssemblyOptions;
  private readonly chunk: number;
  /** Images that a thread takes through each population before it goes to the next. */
  private readonly group: number;
  private readonly placed = new Map<string, PlacedPopulation>();
  private readonly words = new Map<string, Int32Array>();
  private readonly isSigned = new Map<string, boolean>();
  private readonly inputs = new Map<string, { address: number; population: PlacedPopulation }>();
  private readonly records = new Map<string, PlacedArray>();

  constructor(plan: Plan, options: AssemblyOptions) {
    this.plan = plan;
    this.options = options;
    this.recorded = new Set([...plan.wanted.values()].map(({ population }) => population));
    // events of many images at once only where they are few: of vectors
    const areVectors = plan.populations.every(({ shape }) => shape.length === 1);
    this.chunk = plan.isRecurrent ? 1 : (options.chunk ?? (areVectors ? 64 : 16));
    this.group = areVectors && !plan.isRecurrent ? Math.ceil(options.batch / options.threads) : 1;
  }

  assemble(): Assembled {
    const program = this.arena.record(Program.size);
    const still: PlannedPopulation[] = [];
    const moving: PlannedPopulation[] = [];
    const isStill = new Set<string>();
    for (const population of this.plan.populations) {
      const { name, role, terms } = population;
      const isConstantInput = role.kind === "input" && this.options.input === "constant";
      const followsConstants =
        (role.kind === "relay" || role.kind === "threshold") &&
        terms.every(({ source, isLate }) => !isLate && isStill.has(source)) &&
        !this.recorded.has(name);
      if (isConstantInput || followsConstants) {
        isStill.add(name);
        still.push(population);
        continue;
      }
      const constants = terms.filter(({ source, isLate }) => !isLate && isStill.has(source));
      if (constants.length > 0) {
        const own = { ...population, name: name + STILL, role: { kind: "relay" }, terms: constants } as const;
        still.push(own);
      }
      moving.push({ ...population, terms: terms.filter((term) => !constants.includes(term)) });
    }
    const stillList = this.arena.record(Population.size * Math.max(1, still.length));
    const movingList = this.arena.record(Population.size * moving.length);
    for (const [list, populations] of [
      [stillList, still],
      [movingList, moving],
    ] as const) {
      for (const [i, population] of populations.entries()) {
        const from = i * Population.size;
        this.begin(
          population,
          list.words.subarray(from, from + Population.size),
          list.address + from * 4,
          list === stillList,
        );
      }
    }
    for (const population of [...still, ...moving]) this.finish(population);

    program.words[Program.threads] = this.options.threads;
    program.words[Program.images] = this.options.batch;
    program.words[Program.group] = this.group;
    program.words[Program.splitRows] = Number(this.options.batch < this.options.threads);
    program.words[Program.swizzles] = this.arena.place(swizzles());
    return {
      memory: this.arena.memory(),
      program: program.address,
      still: { address: stillList.address, count: still.length },
      moving: { address: movingList.address, count: moving.length },
      populations: this.placed,
      inputs: this.inputs,
      records: this.records,
      chunk: this.chunk,
    };
  }

  /** Gives a population its layout, state and train, so that others can refer to it. */
  private begin(
    { name, shape, role }: PlannedPopulation,
    words: Int32Array,
    address: number,
    isStill: boolean,
  ): void {
    const { batch, threads, weights, timeStep } = this.options;
    const layout = layoutOf(shape, weights === "int8" ? 8 : 4);
    const units = layout.height * layout.width * layout.channels;
    words[Population.stage] = stages[role.kind];
    words[Population.height] = layout.height;
    words[Population.width] = layout.width;
    words[Population.channels] = layout.padded;
    words[Population.realChannels] = layout.channels;
    words[Population.stateImageBytes] = layout.size * 4;
    words[Population.counts] = this.arena.room(64 * threads);

    const state: { address: number; start: Float32Array }[] = [];
    const keep = (field: Population, start: Float32Array) => {
      words[field] = this.arena.room(batch * start.byteLength);
      state.push({ address: words[field]!, start });
    };
    let isSigned = false;
    if (role.kind === "neurons") {
      const { start } = role.node;
      placeNeurons(this.arena, words, { name, shape }, role.node, layout, timeStep, this.options.integration);
      isSigned = words[Population.firing] === Firing.signed;
      const values = start.data.length === 1 ? new Float32Array(units).fill(start.data[0]!) : start.data;
      keep(Population.potential, arranged(values, layout));
      if (isSigned || role.node.membrane.kind === "currentBased") {
        keep(Population.second, new Float32Array(layout.size));
      }
    } else if (role.kind === "threshold") {
      const { threshold } = role.node;
      placeParameter(
        this.arena,
        words,
        Population.threshold,
        threshold,
        shape,
        layout,
        Number.POSITIVE_INFINITY,
      );
    } else if (role.kind === "counter" || role.kind === "maximum") {
      keep(Population.potential, new Float32Array(layout.size));
    } else if (role.kind === "delay") {
      const steps = delaySteps(name, role.node.delay, timeStep, role.waited);
      const all = steps.length === 1 ? new Float32Array(units).fill(steps[0]!) : steps;
      words[Population.delays] = this.arena.place(Int32Array.from(arranged(all, layout)));
      const longest = all.reduce((most, each) => Math.max(most, each), 0);
      const length = 2 ** Math.ceil(Math.log2(longest + 1));
      words[Population.delayLength] = length;
      words[Population.stateImageBytes] = length * layout.size * 4;
      keep(Population.potential, new Float32Array(length * layout.size));
    }
    const isGraded =
      role.kind === "input" ||
      role.kind === "relay" ||
      role.kind === "counter" ||
      role.kind === "maximum" ||
      role.kind === "delay" ||
      (role.kind === "neurons" && role.node.firing === undefined);
    const train = this.train(layout, isSigned, isGraded, isStill);
    words[Population.train] = train;
    this.isSigned.set(name, isSigned);
    this.words.set(name, words);
    const population = { name, address, layout, units, train, state };
    this.placed.set(name, population);

    const imageBytes = layout.size * 4;
    if (role.kind === "input") {
      const steps = this.options.input === "steps" ? this.chunk : 1;
      const values = this.arena.room(steps * batch * units * 4 + 16);
      words[Population.values] = values;
      words[Population.valuesImageBytes] = units * 4;
      words[Population.valuesStepBytes] = this.options.input === "steps" ? batch * units * 4 : 0;
      this.inputs.set(name, { address: values, population });
    }
    if (this.recorded.has(name) || role.kind === "counter" || name.endsWith(STILL)) {
      const steps = isStill ? 1 : this.chunk;
      words[Population.record] = this.arena.room(steps * batch * imageBytes);
      words[Population.recordImageBytes] = imageBytes;
      words[Population.recordStepBytes] = batch * imageBytes;
      this.records.set(name, { address: words[Population.record]!, layout });
    }
  }

  /** Room for the events of a population at the steps of a run. */
  private train(layout: Layout, isSigned: boolean, isGraded: boolean, isStill: boolean): number {
    const { batch, threads } = this.options;
    const isOwnedByImage = this.plan.isRecurrent || isStill;
    const owners = isOwnedByImage ? batch : threads * this.group;
    // a recurrent step needs the events of the one before
    // a power of two, which steps are counted modulo
    const slots = isStill ? 1 : this.plan.isRecurrent ? 2 : 2 ** Math.ceil(Math.log2(this.chunk));
    const { address, words } = this.arena.record(Train.size);
    // four codes are written at once, of which some may not count
    const codesRowBytes = (layout.width * layout.padded + 4) * 4;
    const offsetsRowBytes = (layout.width + 1) * 4;
    words[Train.slots] = slots;
    words[Train.ownedByImage] = Number(isOwnedByImage);
    words[Train.height] = layout.height;
    words[Train.width] = layout.width;
    words[Train.codesPerPixel] = isSigned ? 2 * layout.padded : layout.padded;
    words[Train.codesRowBytes] = codesRowBytes;
    // lists one after another keep to few pages of memory
    const isCompact = layout.height * layout.width === 1 && !isOwnedByImage;
    words[Train.codesSlotBytes] = isCompact ? 0 : codesRowBytes * layout.height;
    words[Train.codesOwnerBytes] = codesRowBytes * layout.height * slots;
    words[Train.offsetsRowBytes] = offsetsRowBytes;
    words[Train.offsetsSlotBytes] = offsetsRowBytes * layout.height;
    words[Train.offsetsOwnerBytes] = offsetsRowBytes * layout.height * slots;
    words[Train.offsets] = this.arena.room(offsetsRowBytes * layout.height * slots * owners);
    const bytes = codesRowBytes * layout.height * slots * owners;
    words[Train.codes] = this.arena.room(bytes);
    if (isGraded) words[Train.valuesDelta] = this.arena.room(bytes) - words[Train.codes]!;
    return address;
  }

  /** Gives a population its synapses and what its current begins with. */
  private finish(population: PlannedPopulation): void {
    const { name, role, terms, bias } = population;
    const words = this.words.get(name)!;
    const { layout } = this.placed.get(name)!;
    const synapses = terms.map((term) => this.synapse(term, layout));
    if (role.kind === "maximum") synapses.push(this.maximum(role));
    const isScattering = (record: Int32Array) => record[Synapse.kind] === Synapses.lists;
    const scattering = synapses.filter(isScattering);
    const ordered = [...scattering, ...synapses.filter((record) => !isScattering(record))];
    words[Population.scatteringCount] = scattering.length;
    words[Population.synapseCount] = ordered.length;
    words[Population.synapses] = this.arena.place(Int32Array.from(ordered.flatMap((record) => [...record])));

    this.placeScratch(words, terms);
    const rowBytes = layout.width * layout.padded * 4;
    const rows = scattering.length > 0 ? layout.height : 1;
    words[Population.currentRowBytes] = scattering.length > 0 ? rowBytes : 0;
    const isTileMajor =
      layout.height * layout.width === 1 &&
      scattering.length === 0 &&
      !this.plan.isRecurrent &&
      this.hasLargeWeights(population);
    let currents = rows * rowBytes;
    if (isTileMajor) {
      const blocks = Math.ceil((layout.padded * 4) / Room.block);
      const imageBytes = this.chunk * Room.block;
      words[Population.currentImageBytes] = imageBytes;
      words[Population.currentBlockBytes] = this.group * imageBytes;
      currents = blocks * (Room.block + this.group * imageBytes);
    }
    words[Population.currentThreadBytes] = Math.ceil(currents / 64) * 64;
    words[Population.current] = this.arena.room(words[Population.currentThreadBytes]! * this.options.threads);

    const still = this.records.get(name + STILL);
    if (still !== undefined) {
      words[Population.base] = still.address;
      words[Population.baseRowBytes] = rowBytes;
      words[Population.baseImageBytes] = layout.size * 4;
    } else if (bias === undefined || isTheSameInRows(bias, layout)) {
      const row =
        bias === undefined
          ? new Float32Array(rowBytes / 4)
          : arranged(bias, layout).subarray(0, rowBytes / 4);
      words[Population.base] = this.arena.place(row);
    } else {
      words[Population.base] = this.arena.place(arranged(bias, layout));
      words[Population.baseRowBytes] = rowBytes;
    }
  }

  /** Whether a population's weights are too large to stay in a processor's nearer caches from step to step. */
  private hasLargeWeights({ role, terms }: PlannedPopulation): boolean {
    if (role.kind !== "neurons" && role.kind !== "relay") return false;
    const sizes = terms.map(({ map }) => (map.kind === "matrix" ? map.weight.length : 0));
    return sizes.reduce((sum, size) => sum + size, 0) > LARGE_WEIGHTS;
  }

  /** Room for sums of 8-bit weights, and for the rows that the largest kernel merges. */
  private placeScratch(words: Int32Array, terms: readonly Term[]): void {
    let [offsets, codes] = [0, 0];
    for (const { source, map } of terms) {
      if (map.kind !== "convolution" || map.kernel[0] === 1) continue;
      const { layout } = this.placed.get(source)!;
      offsets = Math.max(offsets, (layout.width + 1) * 4);
      // eight are written at once
      codes = Math.max(codes, (map.kernel[0] * layout.width * layout.padded + 8) * 4);
    }
    words[Population.mergedCodesAt] = offsets;
    const bytes = Math.ceil((Room.window + Room.sums + offsets + codes) / 64) * 64;
    words[Population.scratchThreadBytes] = bytes;
    words[Population.scratch] = this.arena.room(bytes * this.options.threads);
  }

  private synapse({ source, isLate, map }: Term, target: Layout): Int32Array {
    const from = this.placed.get(source)!;
    const record = new Int32Array(Synapse.size);
    record[Synapse.source] = from.train;
    record[Synapse.stepsLate] = Number(isLate);
    const codes = { layout: from.layout, isSigned: this.isSigned.get(source)! };
    if (map.kind === "identity" || map.kind === "sparse") {
      const lists = map.kind === "sparse" ? map : identityMap(from.units);
      record[Synapse.kind] = Synapses.lists;
      const { starts, targets } = placeLists(this.arena, lists, codes, target);
      record[Synapse.starts] = starts;
      record[Synapse.targets] = targets;
      return record;
    }
    const sourceWords = this.words.get(source)!;
    const isBinary =
      sourceWords[Population.stage] === Stage.neurons && sourceWords[Population.firing] !== Firing.none;
    const precision = this.options.weights === "int8" && isBinary ? "int8" : "float32";
    const { tiles, tileCount, kernel, stride, padding, extent } = placeWeights(
      this.arena,
      map,
      codes,
      target,
      precision,
    );
    record[Synapse.kind] = precision === "int8" ? Synapses.convolutionInt8 : Synapses.convolution;
    record[Synapse.kernelHeight] = kernel[0];
    record[Synapse.kernelWidth] = kernel[1];
    record[Synapse.strideY] = stride[0];
    record[Synapse.strideX] = stride[1];
    record[Synapse.paddingTop] = padding[0];
    record[Synapse.paddingLeft] = padding[1];
    record[Synapse.sourceHeight] = extent[0];
    record[Synapse.sourceWidth] = extent[1];
    record[Synapse.tiles] = tiles;
    record[Synapse.tileCount] = tileCount;
    return record;
  }

  private maximum({ node, counter }: Extract<PlannedPopulation["role"], { kind: "maximum" }>): Int32Array {
    const record = new Int32Array(Synapse.size);
    record[Synapse.kind] = Synapses.maximum;
    record[Synapse.source] = this.placed.get(counter)!.address;
    record[Synapse.kernelHeight] = node.kernel[0];
    record[Synapse.kernelWidth] = node.kernel[1];
    record[Synapse.strideY] = node.stride[0];
    record[Synapse.strideX] = node.stride[1];
    record[Synapse.paddingTop] = node.padding[0];
    record[Synapse.paddingLeft] = node.padding[1];
    record[Synapse.dilationY] = node.dilation[0];
    record[Synapse.dilationX] = node.dilation[1];
    return record;
  }
}

/** Half a megabyte in float32. */
const LARGE_WEIGHTS = 2 ** 17;

const stages = {
  input: Stage.input,
  relay: Stage.relay,
  counter: Stage.counter,
  maximum: Stage.difference,
  neurons: Stage.neurons,
  threshold: Stage.threshold,
  delay: Stage.delay,
} as const;

/** Whether each row of a channel has the same numbers. */
function isTheSameInRows(bias: Float32Array, { height, width }: Layout): boolean {
  const plane = height * width;
  return bias.every((value, unit) => value === bias[unit - (unit % plane) + (unit % width)]);
}
