import type { TypedArray } from "./array.ts";

/** Numbers of any type as float32; the array itself where it is that. */
export function asFloat32(data: TypedArray): Float32Array {
  if (data instanceof Float32Array) return data;
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) return Float32Array.from(data, Number);
  return new Float32Array(data);
}
