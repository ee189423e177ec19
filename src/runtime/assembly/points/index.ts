/** The kernels compiled into one WebAssembly module; src/runtime/kernels/points.ts is their face in TypeScript. */
import { exponentials } from "./exp";
import { findDecaying, findModal } from "./modal";
import { deliver, deliverEach, deliverTwo } from "./synapses";

export { quit, serve, step } from "./threads";

export function exponentials32(region: usize, bytes: usize): void {
  exponentials<f32>(region, bytes);
}

export function findModal32(
  membrane: usize,
  excitation: usize,
  inhibition: usize,
  bytes: usize,
  decayed: f32,
  excited: f32,
  inhibited: f32,
  threshold: usize,
  mask: usize,
  spikes: usize,
): i32 {
  return findModal<f32>(
    membrane,
    excitation,
    inhibition,
    bytes,
    decayed,
    excited,
    inhibited,
    threshold,
    mask,
    spikes,
  );
}

export function findDecaying32(
  membrane: usize,
  bytes: usize,
  decayed: f32,
  threshold: usize,
  mask: usize,
  spikes: usize,
): i32 {
  return findDecaying<f32>(membrane, bytes, decayed, threshold, mask, spikes);
}

export function deliver32(
  spikes: usize,
  count: i32,
  first: i32,
  sources: i32,
  offsets: usize,
  targets: usize,
  into: usize,
  weight: f32,
): void {
  deliver<f32>(spikes, count, first, sources, offsets, targets, into, weight);
}

export function deliverTwo32(
  spikes: usize,
  count: i32,
  first: i32,
  sources: i32,
  offsets: usize,
  targets: usize,
  into: usize,
  weight: f32,
  second: usize,
  secondWeight: f32,
): void {
  deliverTwo<f32>(spikes, count, first, sources, offsets, targets, into, weight, second, secondWeight);
}

export function deliverEach32(
  spikes: usize,
  count: i32,
  first: i32,
  sources: i32,
  offsets: usize,
  targets: usize,
  weights: usize,
  into: usize,
  gain: f32,
): void {
  deliverEach<f32>(spikes, count, first, sources, offsets, targets, weights, into, gain);
}

export function exponentials64(region: usize, bytes: usize): void {
  exponentials<f64>(region, bytes);
}

export function findModal64(
  membrane: usize,
  excitation: usize,
  inhibition: usize,
  bytes: usize,
  decayed: f64,
  excited: f64,
  inhibited: f64,
  threshold: usize,
  mask: usize,
  spikes: usize,
): i32 {
  return findModal<f64>(
    membrane,
    excitation,
    inhibition,
    bytes,
    decayed,
    excited,
    inhibited,
    threshold,
    mask,
    spikes,
  );
}

export function findDecaying64(
  membrane: usize,
  bytes: usize,
  decayed: f64,
  threshold: usize,
  mask: usize,
  spikes: usize,
): i32 {
  return findDecaying<f64>(membrane, bytes, decayed, threshold, mask, spikes);
}

export function deliver64(
  spikes: usize,
  count: i32,
  first: i32,
  sources: i32,
  offsets: usize,
  targets: usize,
  into: usize,
  weight: f64,
): void {
  deliver<f64>(spikes, count, first, sources, offsets, targets, into, weight);
}

export function deliverTwo64(
  spikes: usize,
  count: i32,
  first: i32,
  sources: i32,
  offsets: usize,
  targets: usize,
  into: usize,
  weight: f64,
  second: usize,
  secondWeight: f64,
): void {
  deliverTwo<f64>(spikes, count, first, sources, offsets, targets, into, weight, second, secondWeight);
}

export function deliverEach64(
  spikes: usize,
  count: i32,
  first: i32,
  sources: i32,
  offsets: usize,
  targets: usize,
  weights: usize,
  into: usize,
  gain: f64,
): void {
  deliverEach<f64>(spikes, count, first, sources, offsets, targets, weights, into, gain);
}
