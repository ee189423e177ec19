import type { Emitter, Lowered } from "../emitter.ts";
import type { Tensor } from "../tensor.ts";
import type { ConvolutionInputGradient, Pair } from "./conv2d-geometry.ts";

/** True for the strided input gradients that lowerPhases can lower. */
export function canSplitPhases(node: Tensor, emitter: Emitter): boolean {
  const { groups, dilation, stride } = node.attributes as ConvolutionInputGradient;
  return (
    groups === 1 &&
    dilation[0] === 1 &&
    dilation[1] === 1 &&
    stride[0] * stride[1] > 1 &&
    emitter.canBlock(node) &&
    emitter.canBlock(node.inputs[0]!)
  );
}

/**
 * With stride s the input pixels fall into s × s phases, each of which sees its own few taps. One stride-1 convolution
 * computes all phases as extra output channels; a gather puts the pixels in their places.
 */
export function lowerPhases(node: Tensor, emitter: Emitter): Lowered {
  const [upstream, weight] = node.inputs as [Tensor, Tensor];
  const { stride, padding, inputShape } = node.attributes as ConvolutionInputGradient;
  const { block } = emitter;
  const [outputs, inputs, ...kernel] = weight.shape as [number, number, number, number];
  const [n, , ...image] = inputShape as [number, number, number, number];
  const axes = [0, 1].map((axis) => phasesAlong(kernel[axis]!, stride[axis]!, padding[axis]!));
  const [vertical, horizontal] = axes as [Phases, Phases];
  const window: Pair = [vertical.taps[0]!.length, horizontal.taps[0]!.length];
  const phases = stride[0] * stride[1];

  const filter = emitter.once(`phase weight ${weight.id} ${stride} ${padding}`, () => {
    const byTap = emitter.op(
      "Transpose",
      [emitter.reshape(emitter.plain(weight), [outputs, inputs, kernel[0]! * kernel[1]!])],
      {
        perm: [2, 1, 0],
      },
    );
    const none = emitter.constant(new Float32Array(inputs * outputs), [1, inputs, outputs]);
    const taps = emitter.op("Concat", [byTap, none], { axis: 0 });
    const missing = kernel[0]! * kernel[1]!;
    const chosen = vertical.taps.flatMap((rows) =>
      horizontal.taps.flatMap((columns) =>
        rows.flatMap((row) =>
          columns.map((column) => (row < 0 || column < 0 ? missing : row * kernel[1]! + column)),
        ),
      ),
    );
    const gathered = emitter.op("Gather", [taps, emitter.ints(chosen)], { axis: 0 });
    const split = emitter.reshape(gathered, [
      phases,
      window[0] * window[1],
      inputs / block,
      block,
      outputs / block,
      block,
    ]);
    return emitter.reshape(emitter.op("Transpose", [split], { perm: [0, 2, 4, 1, 5, 3] }), [
      phases * inputs,
      outputs,
      ...window,
    ]);
  });

  const size = [0, 1].map((axis) => Math.ceil(image[axis]! / stride[axis]!));
  const pads = axes.map(({ lowest }, axis) => {
    const before = -lowest;
    return [before, size[axis]! - 1 - before + window[axis]! - 1 - (upstream.shape[2 + axis]! - 1)] as const;
  });
  const [top, bottom] = pads[0]!;
  const [left, right] = pads[1]!;
  const [cropBottom, cropRight] = [Math.min(0, bottom), Math.min(0, right)];
  const rows = size[0]! - cropBottom;
  const columns = size[1]! - cropRight;
  const convolved = emitter.nchwc("Conv", [emitter.blocked(upstream), filter], {
    kernel_shape: window,
    strides: [1, 1],
    dilations: [1, 1],
    group: 1,
    pads: [top, left, Math.max(0, bottom), Math.max(0, right)],
  });

  const perPhase = (inputs / block) * rows * columns;
  const places = new Int32Array((inputs / block) * image[0]! * image[1]!);
  let at = 0;
  for (let c = 0; c < inputs / block; c++) {
    for (let y = 0; y < image[0]!; y++) {
      for (let x = 0; x < image[1]!; x++) {
        const phase = (y % stride[0]) * stride[1] + (x % stride[1]);
        places[at++] =
          phase * perPhase + (c * rows + Math.floor(y / stride[0])) * columns + Math.floor(x / stride[1]);
      }
    }
  }
  const pixels = emitter.reshape(convolved, [n, phases * perPhase, block]);
  const indices = emitter.once(`phase places ${inputShape.slice(1)} ${stride} ${rows} ${columns}`, () =>
    emitter.constant(places, [places.length], "int32"),
  );
  return {
    name: emitter.reshape(emitter.op("Gather", [pixels, indices], { axis: 1 }), inputShape),
    layout: "blocked",
  };
}

interface Phases {
  /** For each phase, the kernel tap at each offset of the window; −1 where it has none. */
  readonly taps: number[][];
  /** The window's first output pixel relative to the input pixel divided by the stride. */
  readonly lowest: number;
}

/**
 * Input pixel s·i + a receives tap t from output pixel o when s·i + a + p − t = s·o: for phase a the taps are
 * t ≡ a + p (mod s), and o − i = (a + p − t) / s.
 */
function phasesAlong(kernel: number, stride: number, padding: number): Phases {
  const offsets = Array.from({ length: stride }, (_, phase) =>
    Array.from({ length: kernel }, (_, tap) => ({ tap, offset: (phase + padding - tap) / stride })).filter(
      ({ offset }) => Number.isInteger(offset),
    ),
  );
  const all = offsets.flat().map(({ offset }) => offset);
  const lowest = Math.min(0, ...all);
  const highest = Math.max(0, ...all);
  const taps = offsets.map((found) => {
    const window = new Array<number>(highest - lowest + 1).fill(-1);
    for (const { tap, offset } of found) window[offset - lowest] = tap;
    return window;
  });
  return { taps, lowest };
}
