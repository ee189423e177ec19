import type { Operation } from "../../spiking/graph/index.ts";
import { sizeOf, type Tensor } from "../../tensor/index.ts";
import type { Pair, Sides } from "../../tensor/operators/conv2d-geometry.ts";

/** An operation that moves, joins or averages values, whatever they are, times a factor. */
export interface Move {
  readonly operation: Operation;
  readonly factor: number;
}

interface SliceRange {
  readonly axis: number;
  readonly start: number;
  readonly step: number;
  readonly count: number;
}
interface Padding {
  readonly widths: readonly (readonly [number, number])[];
  readonly value: number;
}
interface Pooling {
  readonly kernel: Pair;
  readonly stride: Pair;
  readonly padding: Sides;
}

/** The node that does what x does to its inputs; undefined where x is no move, or touches the batch axis. */
export function moveOf(x: Tensor): Move | undefined {
  const source = x.inputs[0];
  const plain = (operation: Operation): Move => ({ operation, factor: 1 });
  switch (x.operator.name) {
    case "reshape":
      return x.shape[0] === source!.shape[0]
        ? plain({ type: "reshape", shape: x.shape.slice(1) })
        : undefined;
    case "transpose": {
      const permutation = x.attributes as readonly number[];
      if (permutation[0] !== 0) return undefined;
      return plain({ type: "transpose", permutation: permutation.slice(1).map((axis) => axis - 1) });
    }
    case "slice": {
      const ranges = x.attributes as readonly SliceRange[];
      if (ranges.some(({ axis }) => axis === 0)) return undefined;
      return plain({
        type: "slice",
        axes: ranges.map(({ axis }) => axis - 1),
        starts: ranges.map(({ start }) => start),
        counts: ranges.map(({ count }) => count),
        steps: ranges.map(({ step }) => step),
      });
    }
    case "pad": {
      const { widths, value } = x.attributes as Padding;
      const touchesBatch = widths[0]![0] !== 0 || widths[0]![1] !== 0;
      return value !== 0 || touchesBatch ? undefined : plain({ type: "pad", widths: widths.slice(1) });
    }
    case "concat":
      return x.attributes === 0 ? undefined : plain({ type: "concat", axis: (x.attributes as number) - 1 });
    case "avgPool2d": {
      const { kernel, stride, padding } = x.attributes as Pooling;
      const isEven = padding[0] === padding[2] && padding[1] === padding[3];
      if (!isEven) return undefined;
      return plain({ type: "averagePool2d", kernel, stride, padding: [padding[0], padding[1]] });
    }
    case "sum":
      return spatialSum(x);
    default:
      return undefined;
  }
}

/** The sum over height and width that keeps its axes: a pooling whose window is the whole image. */
function spatialSum(x: Tensor): Move | undefined {
  const source = x.inputs[0]!;
  const { axes, keepDims } = x.attributes as { readonly axes: readonly number[]; readonly keepDims: boolean };
  if (source.shape.length !== 4 || !keepDims || [...axes].sort().join() !== "2,3") return undefined;
  const window: Pair = [source.shape[2]!, source.shape[3]!];
  const operation: Operation = { type: "averagePool2d", kernel: window, stride: window, padding: [0, 0] };
  return { operation, factor: sizeOf(window) };
}

/** A shortcut that takes every stride-th pixel and puts the channels among zeros (He et al., 2016, option A). */
export interface StridedIdentity {
  readonly source: Tensor;
  readonly stride: Pair;
  readonly channels: number;
  /** Channel of the output that the first channel of the input becomes. */
  readonly first: number;
  readonly outputs: number;
}

/** Reads x as a strided identity: zeros padded to channels around slices along height and width. */
export function stridedIdentity(x: Tensor): StridedIdentity | undefined {
  if (x.shape.length !== 4) return undefined;
  let at = x;
  let first = 0;
  while (at.operator.name === "pad") {
    const { widths, value } = at.attributes as Padding;
    const onlyChannels = widths.every(([before, after], axis) => axis === 1 || before + after === 0);
    if (value !== 0 || !onlyChannels) return undefined;
    first += widths[1]![0];
    at = at.inputs[0]!;
  }
  const channels = at.shape[1]!;
  const stride: [number, number] = [1, 1];
  while (at.operator.name === "slice") {
    for (const { axis, start, step, count } of at.attributes as readonly SliceRange[]) {
      const extent = at.inputs[0]!.shape[axis]!;
      if (start !== 0 || step < 1 || count !== Math.ceil(extent / step)) return undefined;
      if (axis < 2 && step !== 1) return undefined;
      if (axis >= 2) stride[axis - 2]! *= step;
    }
    at = at.inputs[0]!;
  }
  return at === x ? undefined : { source: at, stride, channels, first, outputs: x.shape[1]! };
}
