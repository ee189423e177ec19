import { StriateError } from "../../error.ts";
import { describeShape, type Tensor } from "../../tensor/index.ts";

const ADVICE: Record<string, string> = {
  maxPool2d: "Put the activation before the pooling, so that it pools spikes, or use average pooling",
  exp: "Leave a softmax out of the network: take the logits as its output",
  max: "Leave a softmax out of the network: take the logits as its output",
  step: "Use ReLU, or a Clip from 0, as activation",
  sqrt: "Replace layer normalisation by batch normalisation and train again",
  erf: "Use ReLU as activation",
  sigmoid: "Use ReLU as activation",
  tanh: "Use ReLU as activation",
  matmul: "Only products with fixed weights can be synapses",
};

/** The error for an operation that has no spiking counterpart: it names the operation and where it is. */
export function cannotSpike(node: Tensor, why = "it is not linear and not an activation unit"): StriateError {
  const place = node.scope === "" ? "" : ` in "${node.scope}"`;
  const inputs = node.inputs.map(({ shape }) => describeShape(shape)).join(" and ");
  return new StriateError(
    `the operation ${node.operator.name}${place} [inputs ${inputs}] cannot spike: ${why}`,
    ADVICE[node.operator.name] ??
      "Replace it by convolutions, linear layers, additions, average pooling or ReLU",
  );
}
