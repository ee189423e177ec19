import { delayRow } from "./delay";
import { inputRow } from "./input";
import { Population, Stage, Synapse } from "./layout";
import { neuronsRow } from "./neurons";
import { address, field } from "./record";
import { stageRow } from "./stages";
import { scatterAll, synapseRow } from "./synapse";

/** Adds events of `bytes` bytes to how many a thread has seen. */
export function count(population: usize, thread: i32, bytes: usize): void {
  const place = address(population, Population.counts) + ((<usize>thread) << 6);
  store<f64>(place, load<f64>(place) + <f64>(bytes >> 2));
}

/**
 * Takes the rows from `from` to `to` of a population through some steps of one image: currents begin with what they always
 * are, every synapse adds to them, and the population does with them what its stage says.
 *
 * @param owner number of the place that events of this image have
 * @param stepsBefore steps before this run, which say where in its trains each step goes
 */
export function advancePopulation(
  program: usize,
  population: usize,
  image: i32,
  owner: i32,
  thread: i32,
  stepsBefore: i32,
  steps: i32,
  from: i32,
  to: i32,
): void {
  const stage = field(population, Population.stage);
  let bytes: usize = 0;
  if (stage === Stage.input) {
    // an input that stays the same has one slot
    const times = address(population, Population.valuesStepBytes) === 0 ? 1 : steps;
    for (let t = 0; t < times; t++) {
      for (let y = from; y < to; y++) {
        bytes += inputRow(program, population, image, owner, stepsBefore + t, t, y);
      }
    }
    count(population, thread, bytes);
    return;
  }
  const rowBytes =
    (<usize>(field(population, Population.width) * field(population, Population.channels))) << 2;
  const current =
    address(population, Population.current) +
    <usize>thread * address(population, Population.currentThreadBytes);
  const currentRowBytes = address(population, Population.currentRowBytes);
  const scratch =
    address(population, Population.scratch) +
    <usize>thread * address(population, Population.scratchThreadBytes);
  const base =
    address(population, Population.base) + <usize>image * address(population, Population.baseImageBytes);
  const baseRowBytes = address(population, Population.baseRowBytes);
  const synapseBytes: usize = Synapse.size << 2;
  const synapses = address(population, Population.synapses);
  const gathering = synapses + <usize>field(population, Population.scatteringCount) * synapseBytes;
  const end = synapses + <usize>field(population, Population.synapseCount) * synapseBytes;
  for (let t = 0; t < steps; t++) {
    const step = stepsBefore + t;
    if (synapses < gathering) {
      for (let y = from; y < to; y++) {
        memory.copy(current + <usize>y * currentRowBytes, base + <usize>y * baseRowBytes, rowBytes);
      }
      for (let synapse = synapses; synapse < gathering; synapse += synapseBytes) {
        scatterAll(population, synapse, image, owner, step, current, from, to);
      }
    }
    for (let y = from; y < to; y++) {
      const row = current + <usize>y * currentRowBytes;
      if (synapses === gathering) memory.copy(row, base + <usize>y * baseRowBytes, rowBytes);
      for (let synapse = gathering; synapse < end; synapse += synapseBytes) {
        synapseRow(
          population,
          synapse,
          image,
          owner,
          step,
          t,
          y,
          row,
          scratch,
          0,
          field(synapse, Synapse.tileCount),
        );
      }
      if (stage === Stage.neurons) bytes += neuronsRow(program, population, image, owner, step, t, y, row);
      else if (stage === Stage.delay) bytes += delayRow(population, image, owner, step, t, y, row);
      else bytes += stageRow(program, population, image, owner, step, t, y, row);
    }
  }
  count(population, thread, bytes);
}
