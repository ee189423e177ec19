import type { NumericArray } from "../src/formats/array.ts";
import type { OnnxFile, OnnxGraphNode } from "../src/formats/onnx-graph.ts";
import { Random } from "../src/runtime/random.ts";

/** A ResNet-20 for 32 × 32 colour images (He et al., 2016, option A) with drawn weights, normalisations folded in. */
export interface ResNet20 {
  readonly file: OnnxFile;
  /** "conv1/weight", "conv1/bias", … "conv19/…", "linear1/weight", "linear1/bias". */
  readonly weights: Readonly<Record<string, NumericArray & { readonly data: Float32Array }>>;
  /** Multiply-accumulates of one image, of the first convolution and of all. */
  readonly macs: { readonly first: number; readonly all: number };
}

const CHANNELS = [16, 32, 64];
const BLOCKS = 3;

export function resNet20(seed: number): ResNet20 {
  const random = new Random(seed);
  const weights: Record<string, NumericArray & { data: Float32Array }> = {};
  const constants: Record<string, NumericArray> = {};
  const nodes: OnnxGraphNode[] = [];
  const macs = { first: 0, all: 0 };
  const add = (type: string, inputs: string[], attributes: OnnxGraphNode["attributes"] = {}): string => {
    const name = `${type.toLowerCase()}${nodes.length}`;
    nodes.push({ name, type, domain: "", inputs, outputs: [name], attributes });
    return name;
  };
  const draw = (name: string, shape: number[], deviation: number): string => {
    const data = new Float32Array(shape.reduce((product, extent) => product * extent, 1));
    random.split(name).fillNormal(data);
    for (let i = 0; i < data.length; i++) data[i]! *= deviation;
    weights[name] = { shape, dtype: "float32", data };
    return name;
  };
  let count = 0;
  const convolve = (x: string, inputs: number, outputs: number, stride: number, size: number): string => {
    const name = `conv${++count}`;
    const work = (outputs * inputs * 9 * size * size) / stride ** 2;
    if (count === 1) macs.first = work;
    macs.all += work;
    const isBranchEnd = count > 1 && count % 2 === 1;
    const weight = draw(
      `${name}/weight`,
      [outputs, inputs, 3, 3],
      Math.sqrt((isBranchEnd ? 0.5 : 2) / (9 * inputs)),
    );
    const bias = draw(`${name}/bias`, [outputs], 0.1);
    return add("Conv", [x, weight, bias], {
      kernel_shape: [3, 3],
      pads: [1, 1, 1, 1],
      strides: [stride, stride],
    });
  };
  const integers = (name: string, values: number[]): string => {
    constants[name] = { shape: [values.length], dtype: "int64", data: BigInt64Array.from(values, BigInt) };
    return name;
  };

  let size = 32;
  let inputs = CHANNELS[0]!;
  let x = add("Relu", [convolve("image", 3, inputs, 1, size)]);
  for (const outputs of CHANNELS) {
    for (let block = 0; block < BLOCKS; block++) {
      const stride = outputs === inputs ? 1 : 2;
      const first = add("Relu", [convolve(x, inputs, outputs, stride, size)]);
      let shortcut = x;
      if (stride === 2) {
        const around = (outputs - inputs) / 2;
        shortcut = add("Slice", [
          x,
          integers("starts", [0, 0]),
          integers("ends", [32, 32]),
          integers("axes", [2, 3]),
          integers("steps", [2, 2]),
        ]);
        shortcut = add("Pad", [shortcut, integers(`pads${outputs}`, [0, around, 0, 0, 0, around, 0, 0])]);
        size /= 2;
      }
      x = add("Relu", [add("Add", [convolve(first, outputs, outputs, 1, size), shortcut])]);
      inputs = outputs;
    }
  }
  const flat = add("Flatten", [add("GlobalAveragePool", [x])]);
  const readout = [draw("linear1/weight", [10, inputs], 0.2), draw("linear1/bias", [10], 0)];
  const logits = add("Gemm", [flat, ...readout], { transB: 1 });
  macs.all += 10 * inputs;
  const file: OnnxFile = {
    irVersion: 8,
    producer: "bench",
    opsets: { "": 17 },
    metadata: {},
    graph: {
      name: "ResNet-20",
      nodes,
      initializers: { ...weights, ...constants },
      inputs: [{ name: "image", dtype: "float32", shape: ["N", 3, 32, 32] }],
      outputs: [{ name: logits, dtype: "float32", shape: ["N", 10] }],
    },
  };
  return { file, weights, macs };
}
