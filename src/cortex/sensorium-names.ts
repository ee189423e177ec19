/** The sizes of a stacked core and its readouts. */
export interface StackedShape {
  readonly channels: number;
  /** Channels of the images. */
  readonly inputs: number;
  readonly inputKernel: number;
  readonly hiddenKernel: number;
  readonly layers: number;
  /** Width of the hidden layer that positions follow from coordinates by. */
  readonly hidden: number;
  readonly subjects: readonly {
    /** The data key. */
    readonly key: string;
    readonly neurons: number;
    readonly coordinates: boolean;
    readonly shifter: boolean;
  }[];
}

/** A tensor of neuralpredictors, and the parameter of a ResponseModel that it is. */
export interface ExpectedTensor {
  readonly key: string;
  readonly shape: readonly number[];
  readonly parameter: string;
  /** The parameter has the last axis first. */
  readonly transposed?: boolean;
}

/** What evaluation needs not: a filter of the regulariser, and how many batches were normalised. */
export const isIgnored = (key: string): boolean =>
  key.startsWith("core._input_weights_regularizer.") ||
  /^core\.features\.layer\d+\.norm\.num_batches_tracked$/.test(key);

/** Every tensor that a network of this shape has. */
export const expectedTensors = (shape: StackedShape): ExpectedTensor[] => [
  ...coreTensors(shape),
  ...shape.subjects.flatMap((subject) => [
    ...readoutTensors(subject, shape),
    ...(subject.shifter ? shifterTensors(subject.key) : []),
  ]),
];

function coreTensors({
  channels,
  inputs,
  inputKernel,
  hiddenKernel,
  layers,
}: StackedShape): ExpectedTensor[] {
  return Array.from({ length: layers }, (_, index) => {
    const tensor = (key: string, parameter: string, shape: readonly number[]): ExpectedTensor => ({
      key: `core.features.layer${index}.${key}`,
      parameter: `core/layer${index + 1}/${parameter}`,
      shape,
    });
    const convolutions =
      index === 0
        ? [tensor("conv.weight", "conv/weight", [channels, inputs, inputKernel, inputKernel])]
        : [
            tensor("ds_conv.in_depth_conv.weight", "expand/weight", [channels, channels, 1, 1]),
            tensor("ds_conv.spatial_conv.weight", "depthwise/weight", [
              channels,
              1,
              hiddenKernel,
              hiddenKernel,
            ]),
            tensor("ds_conv.out_depth_conv.weight", "pointwise/weight", [channels, channels, 1, 1]),
          ];
    return [
      ...convolutions,
      tensor("norm.weight", "norm/gamma", [channels]),
      tensor("norm.bias", "norm/beta", [channels]),
      tensor("norm.running_mean", "norm/mean", [channels]),
      tensor("norm.running_var", "norm/variance", [channels]),
    ];
  }).flat();
}

function readoutTensors(
  { key, neurons, coordinates }: StackedShape["subjects"][number],
  { channels, hidden }: StackedShape,
): ExpectedTensor[] {
  const tensor = (name: string, parameter: string, shape: readonly number[]): ExpectedTensor => ({
    key: `readout.${key}.${name}`,
    parameter: `subject:${key}/${parameter}`,
    shape,
  });
  const places = coordinates
    ? [
        tensor("source_grid", "coordinates", [neurons, 2]),
        tensor("mu_transform.0.weight", "readout/position/linear1/weight", [hidden, 2]),
        tensor("mu_transform.0.bias", "readout/position/linear1/bias", [hidden]),
        tensor("mu_transform.2.weight", "readout/position/linear2/weight", [2, hidden]),
        tensor("mu_transform.2.bias", "readout/position/linear2/bias", [2]),
      ]
    : [tensor("_mu", "readout/mu", [1, neurons, 1, 2])];
  return [
    { ...tensor("_features", "readout/features", [1, channels, 1, neurons]), transposed: true },
    tensor("bias", "readout/bias", [neurons]),
    tensor("sigma", "readout/sigma", [1, neurons, 2, 2]),
    ...places,
  ];
}

/** An MLP 2 → 5 → 5 → 2, the layers between the activations numbered as they are in a torch Sequential. */
function shifterTensors(key: string): ExpectedTensor[] {
  const widths = [2, 5, 5, 2];
  return [1, 2, 3].flatMap((layer) => {
    const [inputs, outputs] = [widths[layer - 1]!, widths[layer]!];
    const tensor = (part: string, shape: readonly number[]): ExpectedTensor => ({
      key: `shifter.${key}.mlp.${2 * (layer - 1)}.${part}`,
      parameter: `subject:${key}/shifter/linear${layer}/${part}`,
      shape,
    });
    return [tensor("weight", [outputs, inputs]), tensor("bias", [outputs])];
  });
}
