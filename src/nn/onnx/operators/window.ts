import { StriateError } from "../../../error.ts";
import { requireWhole } from "../../../tensor/tensor.ts";
import type { OperatorCall } from "../operator-call.ts";

export type Pair = readonly [number, number];
export type Sides = readonly [top: number, left: number, bottom: number, right: number];

/** How the window of a convolution or a pooling moves over an image. */
export interface WindowGeometry {
  readonly kernel: Pair;
  readonly stride: Pair;
  readonly dilation: Pair;
  readonly padding: Sides;
}

/** A list of one number for each spatial axis as a pair; the first axis of a sequence has 1. */
function asPair(values: readonly number[], rank: number): Pair {
  if (values.length !== rank)
    throw new StriateError(`given ${values.length} numbers for ${rank} spatial axes`);
  return rank === 1 ? [1, values[0]!] : [values[0]!, values[1]!];
}

/**
 * The geometry of the node for images of `size`; `kernel` where the attribute does not give it. Everything on a
 * sequence (N, C, W) is as on an image of height 1. Throws for three spatial axes.
 */
export function windowGeometry(
  call: OperatorCall,
  size: readonly number[],
  kernel: readonly number[] | undefined,
): WindowGeometry {
  const rank = size.length;
  if (rank !== 1 && rank !== 2)
    throw new StriateError(
      `${rank} spatial axes`,
      "Images (N, C, H, W) and sequences (N, C, W) are supported",
    );
  const extents = call.integers("kernel_shape") ?? kernel;
  if (extents === undefined) throw new StriateError('attribute "kernel_shape" is missing');
  const ones = size.map(() => 1);
  const window = {
    kernel: asPair(extents, rank),
    stride: asPair(call.integers("strides") ?? ones, rank),
    dilation: asPair(call.integers("dilations") ?? ones, rank),
  };
  for (const [option, values] of Object.entries(window)) requireWhole(option, values, 1);
  const padding = paddingOf(call, window, asPair(size, rank));
  requireWhole("padding", padding, 0);
  return { ...window, padding };
}

function paddingOf(call: OperatorCall, window: Omit<WindowGeometry, "padding">, size: Pair): Sides {
  const mode = call.choice("auto_pad", ["NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"], "NOTSET");
  if (mode === "VALID") return [0, 0, 0, 0];
  if (mode === "NOTSET") {
    const pads = call.integers("pads") ?? [0, 0, 0, 0];
    if (pads.length === 2) return [0, pads[0]!, 0, pads[1]!];
    if (pads.length !== 4) throw new StriateError(`given ${pads.length} pads, expected 2 or 4`);
    return [pads[0]!, pads[1]!, pads[2]!, pads[3]!];
  }
  const [before, after] = ([0, 1] as const)
    .map((axis) => {
      const stride = window.stride[axis];
      const reach = window.dilation[axis] * (window.kernel[axis] - 1) + 1;
      const total = Math.max(0, (Math.ceil(size[axis] / stride) - 1) * stride + reach - size[axis]);
      const [small, large] = [Math.floor(total / 2), Math.ceil(total / 2)];
      return mode === "SAME_UPPER" ? [small, large] : [large, small];
    })
    .reduce<[number[], number[]]>(
      ([b, a], [x, y]) => [
        [...b, x!],
        [...a, y!],
      ],
      [[], []],
    );
  return [before[0]!, before[1]!, after[0]!, after[1]!];
}
