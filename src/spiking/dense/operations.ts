import { StriateError } from "../../error.ts";
import {
  add,
  avgPool2d,
  concat,
  constant,
  conv2d,
  greater,
  linear,
  mask,
  mul,
  pad,
  reshape,
  sizeOf,
  slice,
  type Tensor,
  transpose,
} from "../../tensor/index.ts";
import type { Numbers, Operation, ScaleNode, SpikingNode } from "../graph/index.ts";
import type { Parameters } from "./parameters.ts";

/** Operations whose output depends on the present step's input alone. */
export type Memoryless = Exclude<Operation, { readonly type: (typeof WITH_MEMORY)[number] }>;

const WITH_MEMORY = ["input", "neuron", "delay", "maxPool2d"] as const;

export const isMemoryless = (operation: Operation): operation is Memoryless =>
  !(WITH_MEMORY as readonly string[]).includes(operation.type);

/** The output (N, …) of a memoryless node for its inputs (N, …). */
export function evaluate(node: SpikingNode, inputs: readonly Tensor[], parameters: Parameters): Tensor {
  const operation = node.operation as Memoryless;
  const own = (numbers: Numbers, field: string) => parameters.tensor(numbers, `${node.name}/${field}`);
  const bias = (numbers: Numbers | undefined) => numbers && own(numbers, "bias");
  if (operation.type === "concat") return concat(inputs, operation.axis + 1);
  if (inputs.length === 0) throw new StriateError(`the node "${node.name}" has no input`);
  const x = inputs.reduce(add);
  const batch = x.shape[0]!;
  switch (operation.type) {
    case "output":
    case "sum":
      return x;
    case "conv2d":
      return conv2d(x, own(operation.weight, "weight"), { ...operation, bias: bias(operation.bias) });
    case "linear":
      return linear(x, own(operation.weight, "weight"), bias(operation.bias));
    case "scale":
      return scaled(x, operation, own);
    case "averagePool2d":
      return avgPool2d(x, operation);
    case "sumPool2d":
      return mul(avgPool2d(x, operation), constant(sizeOf(operation.kernel)));
    case "reshape":
      return reshape(x, [batch, ...operation.shape]);
    case "transpose":
      return transpose(x, [0, ...operation.permutation.map((axis) => axis + 1)]);
    case "slice": {
      const { axes, starts, counts, steps } = operation;
      const ends = starts.map((start, i) => {
        const end = start + counts[i]! * steps[i]!;
        return end < 0 ? Number.NEGATIVE_INFINITY : end;
      });
      return slice(x, starts, ends, { axes: axes.map((axis) => axis + 1), steps });
    }
    case "pad":
      return pad(x, [[0, 0], ...operation.widths]);
    case "threshold":
      return mask(greater(x, own(operation.threshold, "threshold")));
  }
}

/**
 * One factor for a whole image, or for each of its channels, is a convolution of each channel with itself, which the
 * runtime can add to a membrane in the same pass.
 */
function scaled(
  x: Tensor,
  { scale, bias }: ScaleNode,
  own: (numbers: Numbers, field: string) => Tensor,
): Tensor {
  const [, channels] = x.shape;
  const isPerChannel = scale.shape.join() === [channels, 1, 1].join();
  if (x.shape.length === 4 && bias === undefined && (scale.data.length === 1 || isPerChannel)) {
    const weight = isPerChannel ? scale.data : new Float32Array(channels!).fill(scale.data[0]!);
    return conv2d(x, constant(weight, [channels!, 1, 1, 1]), { groups: channels! });
  }
  const y = mul(x, own(scale, "scale"));
  return bias === undefined ? y : add(y, own(bias, "bias"));
}
