import { Population, Room, Stage, Synapse, Tile } from "./layout";
import { neuronsRow } from "./neurons";
import { count } from "./population";
import { address, field } from "./record";
import { stageRow } from "./stages";
import { openWindow, synapseRow, synapseVector } from "./synapse";

/*
 * Populations that are vectors with large weights are taken through all steps of several images tile by tile of their
 * channels, so that the weights of a tile are read from memory once and then stay near.
 *
 * Their currents lie in blocks of 64 channels, a multiple of every tile: (block, image, step, channel of the block), so that
 * what a tile adds to lies together too. In front of them is room for one row, where the blocks of a step are put together.
 */

const BLOCK_SHIFT: i32 = 6;
const BLOCK_BYTES: usize = <usize>Room.block;

function blocksOf(population: usize): i32 {
  return (field(population, Population.channels) + 63) >> BLOCK_SHIFT;
}

/** Where the row stands that is put together. */
function rowAt(population: usize, buffer: i32): usize {
  return (
    address(population, Population.current) +
    <usize>buffer * address(population, Population.currentThreadBytes)
  );
}

/** The currents of a channel of an image at a step of the run. @param place of the image among those worked on */
function currentsAt(population: usize, buffer: i32, channel: i32, place: i32, step: i32): usize {
  return (
    rowAt(population, buffer) +
    <usize>blocksOf(population) * BLOCK_BYTES +
    <usize>(channel >> BLOCK_SHIFT) * address(population, Population.currentBlockBytes) +
    <usize>place * address(population, Population.currentImageBytes) +
    <usize>step * BLOCK_BYTES +
    ((<usize>(channel & 63)) << 2)
  );
}

/**
 * Adds up the currents of images `first` to `last` at all steps, from the share `part` of `parts` of the channels.
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
  const blocks = blocksOf(population);
  const firstBlock = (blocks * part) / parts;
  const lastBlock = (blocks * (part + 1)) / parts;
  beginBlocks(population, first, last, buffer, firstBlock, lastBlock, steps);
  const synapses = address(population, Population.synapses);
  const synapseBytes: usize = Synapse.size << 2;
  const end = synapses + <usize>field(population, Population.synapseCount) * synapseBytes;
  for (let synapse = synapses; synapse < end; synapse += synapseBytes) {
    const tiles = field(synapse, Synapse.tileCount);
    const isRow = field(synapse, Synapse.kernelHeight) === 1 && field(synapse, Synapse.paddingTop) === 0;
    const window = openWindow(population, synapse, scratch);
    for (let tile = 0; tile < tiles; tile++) {
      const tileAt = address(synapse, Synapse.tiles) + ((<usize>(tile * Tile.size)) << 2);
      const channel = field(tileAt, Tile.firstChannel);
      const block = channel >> BLOCK_SHIFT;
      if (block < firstBlock || block >= lastBlock) continue;
      for (let image = first; image < last; image++) {
        const place = image - first;
        let current = currentsAt(population, buffer, channel, place, 0);
        for (let t = 0; t < steps; t++, current += BLOCK_BYTES) {
          const step = stepsBefore + t;
          if (isRow) {
            synapseVector(window, synapse, tileAt, image, owner + place, step, current, scratch);
          } else {
            const row = current - ((<usize>channel) << 2);
            synapseRow(population, synapse, image, owner + place, step, t, 0, row, scratch, tile, tile + 1);
          }
        }
      }
    }
  }
}

/** Fills blocks of currents with what they begin with. */
function beginBlocks(
  population: usize,
  first: i32,
  last: i32,
  buffer: i32,
  firstBlock: i32,
  lastBlock: i32,
  steps: i32,
): void {
  const channels = field(population, Population.channels);
  for (let block = firstBlock; block < lastBlock; block++) {
    const channel = block << BLOCK_SHIFT;
    const bytes = (<usize>min(64, channels - channel)) << 2;
    for (let image = first; image < last; image++) {
      const base =
        address(population, Population.base) +
        <usize>image * address(population, Population.baseImageBytes) +
        ((<usize>channel) << 2);
      let current = currentsAt(population, buffer, channel, image - first, 0);
      for (let t = 0; t < steps; t++, current += BLOCK_BYTES) memory.copy(current, base, bytes);
    }
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
  const rowBytes = (<usize>field(population, Population.channels)) << 2;
  const blockBytes = address(population, Population.currentBlockBytes);
  const row = rowAt(population, buffer);
  let bytes: usize = 0;
  for (let image = first; image < last; image++) {
    const place = image - first;
    for (let t = 0; t < steps; t++) {
      let block = currentsAt(population, buffer, 0, place, t);
      for (let at: usize = 0; at < rowBytes; at += BLOCK_BYTES, block += blockBytes) {
        memory.copy(row + at, block, min(BLOCK_BYTES, rowBytes - at));
      }
      const step = stepsBefore + t;
      bytes += isNeurons
        ? neuronsRow(program, population, image, owner + place, step, t, 0, row)
        : stageRow(program, population, image, owner + place, step, t, 0, row);
    }
  }
  count(population, thread, bytes);
}
