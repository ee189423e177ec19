/**
 * Kernels of this module are written once for float32 and float64, as generic functions of T. An array of neurons is a
 * region that starts on a 64-byte boundary and whose length is a multiple of 64 bytes; the places after the last neuron
 * are held, so that they never fire. `bytes` is the length of a region in bytes.
 */

/** Appends the numbers of the neurons whose bit is set in `bits`, which stand for neurons from `first` on. */
export function append(bits: i32, first: i32, spikes: usize): usize {
  while (bits !== 0) {
    store<i32>(spikes, first + ctz<i32>(bits));
    spikes += 4;
    bits &= bits - 1;
  }
  return spikes;
}

/** Number of the neuron at a byte of a region of T. */
export function neuronAt<T>(at: usize): i32 {
  return <i32>(at / sizeof<T>());
}

/** One bit a lane of T. */
export function bits<T>(mask: v128): i32 {
  if (sizeof<T>() === 8) return v128.bitmask<i64>(mask);
  return v128.bitmask<i32>(mask);
}

/**
 * Sets numbers that are closer to zero than any that matters to zero: arithmetic on denormals is 10 to 40 times slower,
 * and WebAssembly has no mode that flushes them.
 */
export function flush<T>(x: v128): v128 {
  const least = sizeof<T>() === 8 ? v128.splat<T>(<T>1e-290) : v128.splat<T>(<T>1e-30);
  return v128.andnot(x, v128.lt<T>(v128.abs<T>(x), least));
}

/**
 * The k-th parameter of a model, for the neurons at byte `at`. Parameters that are the same for all neurons stand in 16
 * bytes each (stride 16, mask 0); else every one is a region of its own (stride its length, mask all ones).
 */
export function parameter(parameters: usize, k: i32, stride: usize, mask: usize, at: usize): v128 {
  return v128.load(parameters + <usize>k * stride + (at & mask));
}
