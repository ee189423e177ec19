import { StriateError } from "../../../error.ts";
import {
  add,
  batchNormInference,
  constant,
  div,
  mean,
  mul,
  reshape,
  sqrt,
  square,
  sub,
} from "../../../tensor/index.ts";
import type { OnnxOperators, OperatorCall } from "../operator-call.ts";

/** Throws where a normalisation is in training form, in which it gives new statistics. */
export function requireInference(call: OperatorCall): void {
  if (call.flag("training_mode") || call.node.outputs.slice(1).some((name) => name !== ""))
    throw new StriateError("batch normalisation in training form", "Export the network for inference");
}

export const normalizations: OnnxOperators = {
  BatchNormalization: {
    since: 9,
    evaluate: (call) => {
      requireInference(call);
      const [x, scale, shift, average, variance] = [0, 1, 2, 3, 4].map((i) => call.tensor(i));
      const eps = call.float("epsilon", 1e-5);
      return batchNormInference(x!, scale!, shift!, average!, variance!, { eps });
    },
  },
  InstanceNormalization: {
    since: 6,
    evaluate: (call) => {
      const x = call.tensor(0);
      const axes = x.shape.map((_, axis) => axis).slice(2);
      const perChannel = (index: number) => reshape(call.tensor(index), [x.shape[1]!, ...axes.map(() => 1)]);
      const centred = sub(x, mean(x, axes, true));
      const power = mean(square(centred), axes, true);
      const deviation = sqrt(add(power, constant(call.float("epsilon", 1e-5))));
      return add(mul(div(centred, deviation), perChannel(1)), perChannel(2));
    },
  },
  LayerNormalization: {
    since: 17,
    evaluate: (call) => {
      const x = call.tensor(0);
      const axis = call.axis(x.shape, -1);
      const axes = x.shape.map((_, i) => i).slice(axis);
      const average = mean(x, axes, true);
      const centred = sub(x, average);
      const power = mean(square(centred), axes, true);
      const inverse = div(constant(1), sqrt(add(power, constant(call.float("epsilon", 1e-5)))));
      const y = mul(mul(centred, inverse), call.tensor(1));
      return [call.has(2) ? add(y, call.tensor(2)) : y, average, inverse];
    },
  },
};
