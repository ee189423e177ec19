import { gather1, gather2, gather4, gather8 } from "./gather";
import { gatherInt8By1, gatherInt8By2, gatherInt8By4, gatherInt8By8 } from "./gather-int8";
import { Population, Room, Synapse, Synapses, Tile, Train } from "./layout";
import { scatterLists } from "./lists";
import { maximumRow } from "./maximum";
import { mergeRows } from "./merge";
import { address, field } from "./record";
import { scatter } from "./scatter";
import { offsetsOf } from "./train";
import { Window } from "./window";

/** Scattering is chosen when fewer events than this for each pixel of a row wait under its kernel. */
const SCATTER_BELOW: f32 = 1.0;

/** Rows are merged when fewer events than this wait for each pixel of a row and row of the kernel. */
const MERGE_BELOW: f32 = 16.0;

/** What a synapse that scatters over all rows adds to the currents from row `from` to `to`. */
export function scatterAll(
  population: usize,
  synapse: usize,
  image: i32,
  owner: i32,
  step: i32,
  current: usize,
  from: i32,
  to: i32,
): void {
  const rowBytes = address(population, Population.currentRowBytes);
  const train = address(synapse, Synapse.source);
  const offsetsRowBytes = address(train, Train.offsetsRowBytes);
  const width = <usize>field(train, Train.width);
  const rowStarts = (width * <usize>field(train, Train.codesPerPixel)) << 2;
  const height = field(train, Train.height);
  let starts = address(synapse, Synapse.starts);
  let offsets = offsetsOf(train, image, owner, step - field(synapse, Synapse.stepsLate));
  for (let y = 0; y < height; y++, offsets += offsetsRowBytes, starts += rowStarts) {
    scatterLists(
      current,
      <usize>load<u32>(offsets),
      <usize>load<u32>(offsets + (width << 2)),
      starts,
      address(synapse, Synapse.targets),
      <usize>from * rowBytes,
      <usize>to * rowBytes,
      address(train, Train.valuesDelta),
    );
  }
}

/** What a synapse adds to the currents of one row, of its tiles from `firstTile` to `endTile`. */
export function synapseRow(
  population: usize,
  synapse: usize,
  image: i32,
  owner: i32,
  step: i32,
  slot: i32,
  row: i32,
  current: usize,
  scratch: usize,
  firstTile: i32,
  endTile: i32,
): void {
  const width = field(population, Population.width);
  const kernelHeight = field(synapse, Synapse.kernelHeight);
  const top = row * field(synapse, Synapse.strideY) - field(synapse, Synapse.paddingTop);
  const source = address(synapse, Synapse.source);
  if (field(synapse, Synapse.kind) === Synapses.maximum) {
    const values =
      address(source, Population.record) +
      <usize>image * address(source, Population.recordImageBytes) +
      <usize>slot * address(source, Population.recordStepBytes);
    maximumRow(
      current,
      width,
      field(population, Population.channels),
      values,
      field(source, Population.height),
      field(source, Population.width),
      top,
      kernelHeight,
      field(synapse, Synapse.kernelWidth),
      field(synapse, Synapse.dilationY),
      field(synapse, Synapse.dilationX),
      field(synapse, Synapse.strideX),
      field(synapse, Synapse.paddingLeft),
    );
    return;
  }
  const window = openWindow(population, synapse, scratch);
  window.offsets =
    offsetsOf(source, image, owner, step - field(synapse, Synapse.stepsLate)) +
    <usize>top * window.offsetsRowBytes;
  window.firstRow = max(0, -top);
  window.endRow = min(kernelHeight, field(synapse, Synapse.sourceHeight) - top);
  const events = eventsIn(window);
  if (events === 0) return;

  const scatters =
    field(synapse, Synapse.kind) === Synapses.convolution && width > 1 && events < SCATTER_BELOW * <f32>width;
  const rows = window.endRow - window.firstRow;
  const codesAt = address(population, Population.mergedCodesAt);
  const merges =
    codesAt !== 0 && rows > 1 && window.valuesDelta === 0 && events < MERGE_BELOW * <f32>(width * rows);
  if (merges && !scatters) {
    const merged = scratch + <usize>Room.window + <usize>Room.sums;
    mergeRows(window, merged, codesAt);
    window.offsets = merged;
    window.firstRow = 0;
    window.endRow = 1;
  }
  const tileBytes: usize = Tile.size << 2;
  const tiles = address(synapse, Synapse.tiles);
  const end = tiles + <usize>endTile * tileBytes;
  for (let tile = tiles + <usize>firstTile * tileBytes; tile < end; tile += tileBytes) {
    const place = current + ((<usize>field(tile, Tile.firstChannel)) << 2);
    if (scatters) scatter(window, place, address(tile, Tile.weights), field(tile, Tile.vectors));
    else gatherTile(window, synapse, tile, place, scratch);
  }
}

/**
 * What a synapse adds to the currents of a population that is a vector, of one of its tiles, at one step: synapseRow for
 * sources that are one row.
 *
 * @param window of openWindow
 * @param current of the tile's first channel
 */
export function synapseVector(
  window: Window,
  synapse: usize,
  tile: usize,
  image: i32,
  owner: i32,
  step: i32,
  current: usize,
  scratch: usize,
): void {
  const late = field(synapse, Synapse.stepsLate);
  window.offsets = offsetsOf(address(synapse, Synapse.source), image, owner, step - late);
  gatherTile(window, synapse, tile, current, scratch);
}

/** A window in a thread's room, with all that stays the same for every row and step; it sees the source's first row. */
export function openWindow(population: usize, synapse: usize, scratch: usize): Window {
  const source = address(synapse, Synapse.source);
  const window = changetype<Window>(scratch);
  window.width = field(population, Population.width);
  window.pixelBytes = (<usize>field(population, Population.channels)) << 2;
  window.offsetsRowBytes = address(source, Train.offsetsRowBytes);
  window.firstRow = 0;
  window.endRow = 1;
  window.kernelWidth = field(synapse, Synapse.kernelWidth);
  window.stride = field(synapse, Synapse.strideX);
  window.padding = field(synapse, Synapse.paddingLeft);
  window.sourceWidth = field(synapse, Synapse.sourceWidth);
  window.codes = field(source, Train.codesPerPixel);
  window.valuesDelta = address(source, Train.valuesDelta);
  return window;
}

function gatherTile(window: Window, synapse: usize, tile: usize, current: usize, scratch: usize): void {
  const weights = address(tile, Tile.weights);
  const vectors = field(tile, Tile.vectors);
  if (field(synapse, Synapse.kind) === Synapses.convolutionInt8) {
    const scales = address(tile, Tile.scales);
    const spill = scratch + <usize>Room.window;
    if (vectors === 8) gatherInt8By8(window, current, weights, scales, spill);
    else if (vectors === 4) gatherInt8By4(window, current, weights, scales, spill);
    else if (vectors === 2) gatherInt8By2(window, current, weights, scales, spill);
    else gatherInt8By1(window, current, weights, scales, spill);
  } else if (vectors === 8) gather8(window, current, weights);
  else if (vectors === 4) gather4(window, current, weights);
  else if (vectors === 2) gather2(window, current, weights);
  else gather1(window, current, weights);
}

/** Events in the rows of the source that a window sees. */
function eventsIn(window: Window): f32 {
  const columns = (<usize>window.sourceWidth) << 2;
  let bytes: usize = 0;
  for (let k = window.firstRow; k < window.endRow; k++) {
    const line = window.offsets + <usize>k * window.offsetsRowBytes;
    bytes += <usize>load<u32>(line + columns) - <usize>load<u32>(line);
  }
  return <f32>(bytes >> 2);
}
