import { type RecordingKernels, recordState, recordStateBase } from "../../runtime/kernels/recordings.ts";
import { packetEvents, type RecordMemory } from "./memory.ts";
import type { SensorSize } from "./packet.ts";

/** Records that are decoded one by one, with every check, where a kernel stopped. */
const recordsBetween = 8;

/** What a kernel and a decoder hand to each other. */
export interface KernelState {
  base: number;
  last: number;
  low?: number;
  row?: number;
  column?: number;
  polarity?: number;
}

/**
 * Decodes with a kernel as far as it goes, a few records with `careful`, with the kernel again, and so on. `careful` says
 * what is wrong with a record; kernels only know that they do not like it.
 *
 * @param state the decoder's state for the kernel, undefined as long as it may not run.
 * @param keep takes the state over after it ran.
 * @param careful decodes [from, to), and stops before a corrupt record.
 */
export function decodeInTurn(
  memory: RecordMemory,
  kernel: keyof RecordingKernels,
  [from, to]: readonly [number, number],
  bounds: SensorSize,
  state: () => KernelState | undefined,
  keep: (state: Required<KernelState>) => void,
  careful: (from: number, to: number) => { at: number; isCorrupt: boolean },
): number {
  const kernels = memory.kernels();
  const ints = new Int32Array(memory.buffer, memory.at.state, 16);
  const floats = new Float64Array(memory.buffer, memory.at.state, 8);
  for (let at = from; ; ) {
    const before = kernels === undefined ? undefined : state();
    if (kernels !== undefined && before !== undefined) {
      ints[recordState.count] = memory.count;
      ints[recordState.last] = before.last;
      ints[recordState.low] = before.low ?? 0;
      ints[recordState.row] = before.row ?? 0;
      ints[recordState.column] = before.column ?? 0;
      ints[recordState.polarity] = before.polarity ?? 0;
      floats[recordStateBase] = before.base;
      const { input, x, y, t, p, state: stateAt } = memory.at;
      const { width, height } = bounds;
      at = kernels[kernel](input, at, to, packetEvents, stateAt, x, y, t, p, width, height);
      memory.count = ints[recordState.count]!;
      keep({
        base: floats[recordStateBase]!,
        last: ints[recordState.last]! >>> 0,
        low: ints[recordState.low]!,
        row: ints[recordState.row]!,
        column: ints[recordState.column]!,
        polarity: ints[recordState.polarity]!,
      });
    }
    if (at >= to || memory.count >= packetEvents) return at;
    const stopped = careful(at, kernels === undefined ? to : Math.min(to, at + recordsBetween));
    at = stopped.at;
    if (stopped.isCorrupt) return at;
    if (at >= to || memory.count >= packetEvents) return at;
  }
}
