import { StriateError } from "../../error.ts";
import type { NirMetadata, NirNode } from "../../formats/nir-graph.ts";
import { sizeOf } from "../../tensor/index.ts";
import { isAll } from "../dense/parameters.ts";
import type { NeuronNode, Numbers } from "../graph/index.ts";
import { float32 } from "./kernels.ts";
import { firesAtThreshold, softReset } from "./metadata.ts";
import type { Remarks } from "./remarks.ts";

/** Numbers that broadcast against a shape, written out. */
export function spread({ shape, data }: Numbers, full: readonly number[]): Float32Array {
  if (data.length === 1) return new Float32Array(sizeOf(full)).fill(data[0]!);
  if (shape.join() === full.join()) return data;
  const missing = full.length - shape.length;
  const strides = full.map((_, axis) => {
    const own = axis - missing;
    return own < 0 || shape[own] === 1 ? 0 : sizeOf(shape.slice(own + 1));
  });
  return Float32Array.from({ length: sizeOf(full) }, (_, i) => {
    let rest = i;
    let offset = 0;
    for (let axis = full.length - 1; axis >= 0; axis--) {
      offset += (rest % full[axis]!) * strides[axis]!;
      rest = Math.floor(rest / full[axis]!);
    }
    return data[offset]!;
  });
}

/** A layer of neurons of a shape; all its parameters are written for every neuron, as the Python package wants them. */
export function nirNeuron(
  name: string,
  { membrane, firing, start }: NeuronNode,
  shape: readonly number[],
  remarks: Remarks,
): NirNode {
  if (firing?.takesBackAt !== undefined) {
    throw new StriateError(
      `the neurons "${name}" are signed: they take spikes back, which NIR cannot say`,
      "Convert the network with unsigned neurons (--method spiking-resnet, or Fast-SNN without signed neurons)",
    );
  }
  const full = (numbers: Numbers) => float32(shape, spread(numbers, shape));
  const metadata: NirMetadata = {};
  if (!isAll(start, 0)) {
    metadata.start = start.data.length === 1 ? start.data[0]! : full(start);
    remarks.add("start", name);
  }
  const r = full(membrane.r);
  const leak =
    membrane.kind === "leaky" ? { tau: full(membrane.tau), r, vLeak: full(membrane.vLeak) } : undefined;
  const current =
    membrane.kind === "currentBased"
      ? {
          tauSyn: full(membrane.tauSyn),
          tauMem: full(membrane.tauMem),
          r,
          vLeak: full(membrane.vLeak),
          wIn: full(membrane.wIn),
        }
      : undefined;
  if (firing === undefined) {
    if (current) return { type: "CubaLI", ...current, metadata };
    return leak ? { type: "LI", ...leak, metadata } : { type: "I", r, metadata };
  }
  if (!firing.strict) {
    metadata.fires = firesAtThreshold;
    remarks.add("fires", name);
  }
  if (firing.reset === "subtract") {
    metadata.reset = softReset;
    remarks.add("reset", name);
  }
  const fires = {
    vThreshold: full(firing.threshold),
    vReset: float32(
      shape,
      firing.reset === "subtract" ? new Float32Array(sizeOf(shape)) : spread(firing.reset, shape),
    ),
  };
  if (current) return { type: "CubaLIF", ...current, ...fires, metadata };
  return leak ? { type: "LIF", ...leak, ...fires, metadata } : { type: "IF", r, ...fires, metadata };
}
