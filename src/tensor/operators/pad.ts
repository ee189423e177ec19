import { StriateError } from "../../error.ts";
import { apply, type Operator, type Tensor } from "../tensor.ts";
import { slice } from "./slice.ts";

type Widths = readonly (readonly [before: number, after: number])[];

interface Padding {
  readonly widths: Widths;
  readonly value: number;
}

const operator: Operator<Padding> = {
  name: "pad",
  infer: ([x], { widths }) => {
    if (
      widths.length !== x!.shape.length ||
      widths.flat().some((width) => width < 0 || !Number.isInteger(width))
    ) {
      throw new StriateError(
        `expected [before, after] for each of ${x!.shape.length} axes, given ${JSON.stringify(widths)}`,
      );
    }
    return { shape: x!.shape.map((extent, i) => extent + widths[i]![0] + widths[i]![1]), dtype: x!.dtype };
  },
  gradient: ({ inputs: [x], attributes: { widths } }, upstream) => {
    const starts = (widths as Widths).map(([before]) => before);
    return [
      slice(
        upstream,
        starts,
        starts.map((start, i) => start + x!.shape[i]!),
      ),
    ];
  },
  lower: (node, emitter) => {
    const { widths, value } = node.attributes as Padding;
    const pads = [...widths.map(([before]) => before), ...widths.map(([, after]) => after)];
    return emitter.op("Pad", [
      emitter.plain(node.inputs[0]!),
      emitter.ints(pads),
      emitter.constant([value], [], node.dtype),
    ]);
  },
};

/** x with `widths[i]` = [before, after] values added at the ends of axis i. */
export const pad = (x: Tensor, widths: Widths, value = 0): Tensor => apply(operator, [x], { widths, value });
