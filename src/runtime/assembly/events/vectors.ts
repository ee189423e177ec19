import { Population, Stage, Synapse, Synapses, Tile } from "./layout";
import { neuronsRow } from "./neurons";
import { count } from "./population";
import { address, field } from "./record";
import { stageRow } from "./stages";
import { openWindow, synapseRow, synapseVector } from "./synapse";

/*
 * Populations that are vectors with large weights are taken through all steps of several images tile by tile of their
 * channels, so that the weights of a tile are read from memory once and then stay near.
 */

/** Currents of a step of an image. @param place of the image among those that are worked on */
function currentsAt(population: usize, buffer: i32, place: i32, step: i32): usize {
  return (
    address(population, Population.current) +
    <usize>buffer * address(population, Population.currentThreadBytes) +
    <usize>place * address(population, Population.currentImageBytes) +
    ((<usize>(step * field(population, Population.channels))) << 2)
  );
}

/**
 * Adds up the currents of images `first` to `last` at all steps, from the share `part` of `parts` of the tiles.
 *
 * @param buffer whose currents they are
 */
export function sumVectors(
  population: usize,
  first: i32,
  last: i32,
  owner: i32,
  thread: i32,
  buffer: i32,
  part: i32,
  parts: i32,
  stepsBefore: i32,
  steps: i32,
): void {
  const scratch =
    address(population, Population.scratch) +
    <usize>thread * address(population, Population.scratchThreadBytes);
  const synapses = address(population, Population.synapses);
  const synapseBytes: usize = Synapse.size << 2;
  const end = synapses + <usize>field(population, Population.synapseCount) * synapseBytes;
  for (let synapse = synapses; synapse < end; synapse += synapseBytes) {
    const tiles = field(synapse, Synapse.tileCount);
    const lastTile = (tiles * (part + 1)) / parts;
    const isRow =
      field(synapse, Synapse.kind) !== Synapses.maximum &&
      field(synapse, Synapse.kernelHeight) === 1 &&
      field(synapse, Synapse.paddingTop) === 0;
    const window = openWindow(population, synapse, scratch);
    for (let tile = (tiles * part) / parts; tile < lastTile; tile++) {
      const tileAt = address(synapse, Synapse.tiles) + ((<usize>(tile * Tile.size)) << 2);
      for (let image = first; image < last; image++) {
        for (let t = 0; t < steps; t++) {
          const place = image - first;
          const current = currentsAt(population, buffer, place, t);
          const step = stepsBefore + t;
          if (isRow) {
            synapseVector(window, synapse, tileAt, image, owner + place, step, current, scratch);
          } else {
            synapseRow(population, synapse, image, owner + place, step, t, 0, current, scratch, tile, tile + 1);
          }
        }
      }
    }
  }
}

/** Fills the currents of images with what they begin with. */
export function beginVectors(population: usize, first: i32, last: i32, buffer: i32, steps: i32): void {
  const bytes = (<usize>field(population, Population.channels)) << 2;
  for (let image = first; image < last; image++) {
    const base =
      address(population, Population.base) + <usize>image * address(population, Population.baseImageBytes);
    for (let t = 0; t < steps; t++)
      memory.copy(currentsAt(population, buffer, image - first, t), base, bytes);
  }
}

/** Does with the currents of images at all steps what the population does with them. */
export function updateVectors(
  program: usize,
  population: usize,
  first: i32,
  last: i32,
  owner: i32,
  thread: i32,
  buffer: i32,
  stepsBefore: i32,
  steps: i32,
): void {
  const isNeurons = field(population, Population.stage) === Stage.neurons;
  let bytes: usize = 0;
  for (let image = first; image < last; image++) {
    const place = image - first;
    for (let t = 0; t < steps; t++) {
      const current = currentsAt(population, buffer, place, t);
      bytes += isNeurons
        ? neuronsRow(program, population, image, owner + place, stepsBefore + t, t, 0, current)
        : stageRow(program, population, image, owner + place, stepsBefore + t, t, 0, current);
    }
  }
  count(population, thread, bytes);
}
