import { constant, conv2d, encodeOnnx, input, type Tensor, toOnnx } from "../tensor/index.ts";
import { type Backend, currentBackend } from "./backend.ts";

/** blocked: convolutions on channel blocks, x86-64 Node only; portable: plain ONNX operators, everywhere. */
export type LoweringName = "blocked" | "portable";

const blocks = new WeakMap<Backend, Promise<number>>();

/** How the runtime tells that it fell back to the portable lowering; replace it to log elsewhere. */
export const log = { warn: (line: string) => console.warn(line) };

/**
 * Channels per block of the runtime's blocked convolution, or 0 when it has none or fails its self-check. The
 * operators behind it are internal to ONNX Runtime, so nothing is taken on trust: the block size is read off one
 * reordered ramp, and a convolution is compared with the standard one.
 */
export function blockSize(backend: Backend = currentBackend()): Promise<number> {
  let found = blocks.get(backend);
  if (found === undefined) {
    found = backend.mayBlock ? probe(backend) : Promise.resolve(0);
    blocks.set(backend, found);
  }
  return found;
}

async function probe(backend: Backend): Promise<number> {
  try {
    const block = await readBlockSize(backend);
    const difference = await compareConvolutions(backend, block);
    if (!(difference < 1e-4)) throw new Error(`its result differs by ${difference}`);
    return block;
  } catch (error) {
    const reason = error instanceof Error ? error.message.split("\n")[0] : String(error);
    log.warn(`striate: the blocked convolution is not usable here (${reason}); using the portable one`);
    return 0;
  }
}

/** Reorders a ramp over 64 channels of 2 pixels: the second pixel of channel 0 lands after one block of channels. */
async function readBlockSize(backend: Backend): Promise<number> {
  const channels = 64;
  const value = { shape: [1, channels, 1, 2], dtype: "float32" as const };
  const node = {
    type: "ReorderInput",
    domain: "com.microsoft.nchwc",
    inputs: ["x"],
    outputs: ["y"],
    attributes: {},
  };
  const model = encodeOnnx({
    nodes: [node],
    initializers: [],
    inputs: [{ name: "x", ...value }],
    outputs: [{ name: "y", ...value }],
  });
  const ramp = Float32Array.from({ length: channels * 2 }, (_, i) => i);
  const [reordered] = await runOnce(backend, model, { x: new backend.Tensor("float32", ramp, value.shape) });
  const block = (reordered as Float32Array).indexOf(1);
  if (block !== 8 && block !== 16) throw new Error(`unknown channel order, block ${block}`);
  return block;
}

async function compareConvolutions(backend: Backend, block: number): Promise<number> {
  const ramp = (length: number) => Float32Array.from({ length }, (_, i) => Math.sin(i * 1.7) + (i % 7) * 0.1);
  const x = input("x", [2, block, 7, 6]);
  const weights = (outputs: number, inputs: number): Tensor =>
    constant(ramp(outputs * inputs * 9), [outputs, inputs, 3, 3]);
  const y = conv2d(
    conv2d(x, weights(2 * block, block), { padding: 1, stride: 2 }),
    weights(block, 2 * block),
    { padding: 1 },
  );
  const feeds = () => ({ x: new backend.Tensor("float32", ramp(2 * block * 42), x.shape) });
  const [expected] = await runOnce(backend, encodeOnnx(toOnnx({ y }).model), feeds());
  const [given] = await runOnce(backend, encodeOnnx(toOnnx({ y }, { block }).model), feeds());
  const scale = Math.max(...(expected as Float32Array).map(Math.abs));
  return (
    Math.max(...(given as Float32Array).map((value, i) => Math.abs(value - (expected as Float32Array)[i]!))) /
    scale
  );
}

async function runOnce(
  backend: Backend,
  model: Uint8Array,
  feeds: Record<string, InstanceType<Backend["Tensor"]>>,
) {
  const session = await backend.createSession(model, { logSeverityLevel: 4 });
  try {
    return Object.values(await session.run(feeds)).map((output) => output.data);
  } finally {
    await session.release();
  }
}
