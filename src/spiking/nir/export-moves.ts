import { StriateError } from "../../error.ts";
import type { NirNode } from "../../formats/nir-graph.ts";
import type { MoveNode } from "../graph/index.ts";
import { channelsKernel, filled, float32, nirConvolution } from "./kernels.ts";

/** Along one axis, output o is input first + o · step where there is such an input, and 0 elsewhere. */
interface AxisMove {
  readonly first: number;
  readonly step: number;
  readonly outputs: number;
}

type Selection = Extract<MoveNode, { type: "slice" | "pad" | "concat" }>;

/** What becomes of each input, axis by axis. */
function axisMoves(operation: Selection, inputs: readonly (readonly number[])[]): AxisMove[][] {
  switch (operation.type) {
    case "slice": {
      const { axes, starts, counts, steps } = operation;
      return inputs.map((shape) =>
        shape.map((extent, axis) => {
          const at = axes.indexOf(axis);
          return at < 0
            ? { first: 0, step: 1, outputs: extent }
            : { first: starts[at]!, step: counts[at] === 1 ? 1 : steps[at]!, outputs: counts[at]! };
        }),
      );
    }
    case "pad":
      return inputs.map((shape) =>
        shape.map((extent, axis) => {
          const [before, after] = operation.widths[axis]!;
          return { first: before === 0 ? 0 : -before, step: 1, outputs: before + extent + after };
        }),
      );
    case "concat": {
      const total = inputs.reduce((sum, shape) => sum + shape[operation.axis]!, 0);
      let offset = 0;
      return inputs.map((shape) => {
        const first = offset === 0 ? 0 : -offset;
        offset += shape[operation.axis]!;
        return shape.map((extent, axis) =>
          axis === operation.axis
            ? { first, step: 1, outputs: total }
            : { first: 0, step: 1, outputs: extent },
        );
      });
    }
  }
}

/**
 * Slices, pads and concatenations as weights of 0 and 1, one node for each input: matrices for vectors, convolutions for
 * images. A concatenation is the sum of its padded inputs.
 *
 * @throws StriateError for other shapes, and for images that are mirrored.
 */
export function nirSelections(
  operation: Selection,
  inputs: readonly (readonly number[])[],
  name: string,
): NirNode[] {
  return axisMoves(operation, inputs).map((moves, i) => {
    const shape = inputs[i]!;
    if (shape.length === 1) return selectionMatrix(moves[0]!, shape[0]!, name);
    const [channels, ...pixels] = moves as [AxisMove, ...AxisMove[]];
    if (shape.length !== 3 || pixels.some(({ step }) => step < 1)) {
      throw new StriateError(
        `the ${operation.type} "${name}" of [${shape.join(", ")}] cannot be written as NIR, which has no primitive for it`,
        shape.length === 3
          ? "Mirror the image before the network"
          : "Export a network that does this to vectors or to channels, height and width only",
      );
    }
    const weight = channelsKernel(name, [channels.outputs, shape[0]!], (output) => {
      const source = channels.first + output * channels.step;
      return source >= 0 && source < shape[0]! ? source : undefined;
    });
    const [vertical, horizontal] = pixels as [AxisMove, AxisMove];
    return nirConvolution(
      {
        weight,
        stride: [vertical.step, horizontal.step],
        padding: [
          -vertical.first,
          -horizontal.first,
          paddingAfter(vertical, shape[1]!),
          paddingAfter(horizontal, shape[2]!),
        ],
        dilation: [1, 1],
        groups: 1,
      },
      shape,
      name,
    );
  });
}

/** The padding nearest to none with which a kernel of one pixel finds as many outputs. */
function paddingAfter({ first, step, outputs }: AxisMove, extent: number): number {
  const least = first + (outputs - 1) * step - (extent - 1);
  return least > 0 ? least : Math.min(0, least + step - 1);
}

function selectionMatrix({ first, step, outputs }: AxisMove, inputs: number, name: string): NirNode {
  const weight = filled([outputs, inputs], name, (put) => {
    for (let output = 0; output < outputs; output++) {
      const source = first + output * step;
      if (source >= 0 && source < inputs) put([output, source], 1);
    }
  });
  return { type: "Linear", weight: float32(weight.shape, weight.data), metadata: {} };
}
