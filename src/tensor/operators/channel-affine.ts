import { StriateError } from "../../error.ts";
import { apply, describeShape, type Operator, requireFloat, sameShape, type Tensor } from "../tensor.ts";
import { mul } from "./binary.ts";
import { sum } from "./reduce.ts";
import { fill } from "./source.ts";

const operator: Operator<null> = {
  name: "channelAffine",
  infer: ([x, scale, shift]) => {
    requireFloat(x!, scale!, shift!);
    const channels = x!.shape[1];
    for (const [name, parameter] of Object.entries({ scale: scale!, shift: shift! })) {
      if (channels === undefined || !sameShape(parameter.shape, [channels])) {
        throw new StriateError(
          `${name} must have shape (${channels}), given ${describeShape(parameter.shape)}`,
        );
      }
    }
    return { shape: x!.shape, dtype: "float32" };
  },
  gradient: ({ inputs: [x, scale] }, upstream) => [
    channelScale(upstream, scale!),
    channelSum(mul(upstream, x!)),
    channelSum(upstream),
  ],
  lower: (node, emitter) => {
    const [x, scale, shift] = node.inputs as [Tensor, Tensor, Tensor];
    const channels = x.shape[1]!;
    if (emitter.canBlock(x) && emitter.has(x, "blocked") && x.shape[2]! * x.shape[3]! > 1) {
      const filter = emitter.reshape(emitter.plain(scale), [channels, 1, 1, 1]);
      const name = emitter.nchwc("Conv", [emitter.blocked(x), filter, emitter.plain(shift)], {
        kernel_shape: [1, 1],
        group: channels,
      });
      return { name, layout: "blocked" };
    }
    const perChannel = [channels, ...x.shape.slice(2).map(() => 1)];
    const scaled = emitter.op("Mul", [emitter.plain(x), emitter.reshape(emitter.plain(scale), perChannel)]);
    return emitter.op("Add", [scaled, emitter.reshape(emitter.plain(shift), perChannel)]);
  },
};

/** x · scale + shift with one scale and one shift for each channel, axis 1 of x (N, C, …). */
export const channelAffine = (x: Tensor, scale: Tensor, shift: Tensor): Tensor =>
  apply(operator, [x, scale, shift], null);

/** x · scale with one scale for each channel. */
export const channelScale = (x: Tensor, scale: Tensor): Tensor =>
  channelAffine(x, scale, fill(scale.shape, 0));

/** The sum over everything but the channels, axis 1. */
export const channelSum = (x: Tensor): Tensor =>
  sum(
    x,
    x.shape.map((_, axis) => axis).filter((axis) => axis !== 1),
  );
