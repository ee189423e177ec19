import { StriateError } from "../../../error.ts";
import { concat, constant, gather, slice } from "../../../tensor/index.ts";
import { normalizeAxis } from "../../../tensor/tensor.ts";
import { concatHost, takeHost } from "../host-arithmetic.ts";
import { isHost, type Operand } from "../host-array.ts";
import type { OnnxOperators, OperatorCall } from "../operator-call.ts";

/** Extents of the parts of a Split along an axis. */
function partSizes(call: OperatorCall, extent: number): number[] {
  const given = call.integersFrom(1, "split");
  if (given !== undefined) {
    if (given.some((part) => part < 0) || given.reduce((a, b) => a + b, 0) !== extent)
      throw new StriateError(`parts ${given.join(", ")} do not fill an axis of ${extent}`);
    return given;
  }
  const count = call.integer("num_outputs") ?? call.node.outputs.length;
  if (count < 1 || count > call.node.outputs.length)
    throw new StriateError(`${count} parts for ${call.node.outputs.length} outputs`);
  const part = Math.ceil(extent / count);
  const parts = new Array<number>(count).fill(part);
  parts[count - 1] = extent - part * (count - 1);
  return parts;
}

function gatherFrom(call: OperatorCall): Operand {
  const [x, indices] = [call.operand(0), call.operand(1)];
  const axis = call.axis(x.shape, 0);
  if (!isHost(indices)) return gather(call.tensor(0), call.tensor(1), axis);
  const extent = x.shape[axis]!;
  const places = Array.from(indices.data, (index) => (index < 0 ? index + extent : index));
  if (places.some((place) => !Number.isInteger(place) || place < 0 || place >= extent))
    throw new StriateError(`an index is outside an axis of ${extent}`);
  const shape = x.shape.toSpliced(axis, 1, ...indices.shape);
  if (isHost(x)) return { ...takeHost(x, places, axis), shape };
  return gather(x, constant(places, indices.shape, "int64"), axis);
}

export const joining: OnnxOperators = {
  Concat: {
    since: 4,
    evaluate: (call) => {
      const axis = call.axis(call.operand(0).shape);
      // shape arithmetic may join nothing; a symbolic array always holds something
      if (call.known) return concatHost(call.known, axis);
      return concat(call.tensors, axis);
    },
  },
  Gather: { since: 1, evaluate: gatherFrom },
  Split: {
    since: 2,
    known: [1],
    evaluate: (call) => {
      const x = call.operand(0);
      const axis = normalizeAxis(call.integer("axis", 0), x.shape.length);
      let start = 0;
      return partSizes(call, x.shape[axis]!).map((part) => {
        const from = start;
        start += part;
        if (!isHost(x)) return slice(x, [from], [start], { axes: [axis] });
        return takeHost(
          x,
          Array.from({ length: part }, (_, i) => from + i),
          axis,
        );
      });
    },
  },
};
