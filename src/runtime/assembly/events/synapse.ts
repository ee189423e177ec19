import { gather1, gather2, gather4, gather8 } from "./gather";
import { gatherInt8By1, gatherInt8By2, gatherInt8By4 } from "./gather-int8";
import { Population, Synapse, Synapses, Tile, Train } from "./layout";
import { scatterLists } from "./lists";
import { maximumRow } from "./maximum";
import { mergeRows } from "./merge";
import { address, field } from "./record";
import { scatter } from "./scatter";
import { offsetsOf } from "./train";

/** Scattering is chosen when fewer events than this for each pixel of a row wait under its kernel. */
const SCATTER_BELOW: f32 = 1.0;

/** Rows are merged when fewer events than this wait for each pixel of a row and row of the kernel. */
const MERGE_BELOW: f32 = 16.0;

/** Bytes of the room for spilled sums. */
const SPILL_BYTES: usize = 128;

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
  const channels = field(population, Population.channels);
  const pixelBytes = (<usize>channels) << 2;
  const kernelHeight = field(synapse, Synapse.kernelHeight);
  const kernelWidth = field(synapse, Synapse.kernelWidth);
  const stride = field(synapse, Synapse.strideX);
  const padding = field(synapse, Synapse.paddingLeft);
  const top = row * field(synapse, Synapse.strideY) - field(synapse, Synapse.paddingTop);
  const source = address(synapse, Synapse.source);
  const kind = field(synapse, Synapse.kind);
  if (kind === Synapses.maximum) {
    const values =
      address(source, Population.record) +
      <usize>image * address(source, Population.recordImageBytes) +
      <usize>slot * address(source, Population.recordStepBytes);
    maximumRow(
      current,
      width,
      channels,
      values,
      field(source, Population.height),
      field(source, Population.width),
      top,
      kernelHeight,
      kernelWidth,
      field(synapse, Synapse.dilationY),
      field(synapse, Synapse.dilationX),
      stride,
      padding,
    );
    return;
  }
  const sourceWidth = field(synapse, Synapse.sourceWidth);
  const codes = field(source, Train.codesPerPixel);
  const valuesDelta = address(source, Train.valuesDelta);
  let rowBytes = address(source, Train.offsetsRowBytes);
  let firstRow = max(0, -top);
  let endRow = min(kernelHeight, field(source, Train.height) - top);
  endRow = min(endRow, field(synapse, Synapse.sourceHeight) - top);
  let offsets =
    offsetsOf(source, image, owner, step - field(synapse, Synapse.stepsLate)) + <usize>top * rowBytes;
  const columns = (<usize>sourceWidth) << 2;
  let events: usize = 0;
  for (let k = firstRow; k < endRow; k++) {
    const line = offsets + <usize>k * rowBytes;
    events += <usize>load<u32>(line + columns) - <usize>load<u32>(line);
  }
  events >>= 2;
  if (events === 0) return;
  const isInt8 = kind === Synapses.convolutionInt8;
  const ranges = <f32>(width * (endRow - firstRow));
  const tileBytes: usize = Tile.size << 2;
  const tiles = address(synapse, Synapse.tiles) + <usize>firstTile * tileBytes;
  const end = address(synapse, Synapse.tiles) + <usize>endTile * tileBytes;

  if (!isInt8 && width > 1 && <f32>events < SCATTER_BELOW * <f32>width) {
    for (let tile = tiles; tile < end; tile += Tile.size << 2) {
      const place = current + ((<usize>field(tile, Tile.firstChannel)) << 2);
      scatter(
        place,
        pixelBytes,
        width,
        offsets,
        rowBytes,
        firstRow,
        endRow,
        kernelWidth,
        stride,
        padding,
        sourceWidth,
        codes,
        address(tile, Tile.weights),
        valuesDelta,
        field(tile, Tile.vectors),
      );
    }
    return;
  }
  const codesAt = address(population, Population.mergedCodesAt);
  if (codesAt !== 0 && endRow - firstRow > 1 && valuesDelta === 0 && <f32>events < MERGE_BELOW * ranges) {
    const merged = scratch + SPILL_BYTES;
    mergeRows(merged, codesAt, offsets, rowBytes, firstRow, endRow, sourceWidth, kernelWidth * codes);
    offsets = merged;
    rowBytes = 0;
    firstRow = 0;
    endRow = 1;
  }
  for (let tile = tiles; tile < end; tile += Tile.size << 2) {
    const place = current + ((<usize>field(tile, Tile.firstChannel)) << 2);
    const weights = address(tile, Tile.weights);
    const vectors = field(tile, Tile.vectors);
    if (isInt8) {
      const scales = address(tile, Tile.scales);
      if (vectors === 4)
        gatherInt8By4(
          place,
          pixelBytes,
          width,
          offsets,
          rowBytes,
          firstRow,
          endRow,
          kernelWidth,
          stride,
          padding,
          sourceWidth,
          codes,
          weights,
          scales,
          scratch,
        );
      else if (vectors === 2)
        gatherInt8By2(
          place,
          pixelBytes,
          width,
          offsets,
          rowBytes,
          firstRow,
          endRow,
          kernelWidth,
          stride,
          padding,
          sourceWidth,
          codes,
          weights,
          scales,
          scratch,
        );
      else
        gatherInt8By1(
          place,
          pixelBytes,
          width,
          offsets,
          rowBytes,
          firstRow,
          endRow,
          kernelWidth,
          stride,
          padding,
          sourceWidth,
          codes,
          weights,
          scales,
          scratch,
        );
    } else if (vectors === 8)
      gather8(
        place,
        pixelBytes,
        width,
        offsets,
        rowBytes,
        firstRow,
        endRow,
        kernelWidth,
        stride,
        padding,
        sourceWidth,
        codes,
        weights,
        valuesDelta,
      );
    else if (vectors === 4)
      gather4(
        place,
        pixelBytes,
        width,
        offsets,
        rowBytes,
        firstRow,
        endRow,
        kernelWidth,
        stride,
        padding,
        sourceWidth,
        codes,
        weights,
        valuesDelta,
      );
    else if (vectors === 2)
      gather2(
        place,
        pixelBytes,
        width,
        offsets,
        rowBytes,
        firstRow,
        endRow,
        kernelWidth,
        stride,
        padding,
        sourceWidth,
        codes,
        weights,
        valuesDelta,
      );
    else
      gather1(
        place,
        pixelBytes,
        width,
        offsets,
        rowBytes,
        firstRow,
        endRow,
        kernelWidth,
        stride,
        padding,
        sourceWidth,
        codes,
        weights,
        valuesDelta,
      );
  }
}
