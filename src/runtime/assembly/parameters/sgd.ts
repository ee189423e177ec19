import { endOf, flush, TINY } from "./span";

/**
 * One step of stochastic gradient descent without momentum (torch.optim.SGD), in place:
 * w ← w − η (c g + λ w).
 *
 * @param value w, address of a span
 * @param gradient g, address of a span
 * @param learningRate η
 * @param weightDecay λ
 * @param gradientScale c, multiplies the gradient as it is read (clipping)
 */
export function sgd(
  value: usize,
  gradient: usize,
  length: i32,
  learningRate: f32,
  weightDecay: f32,
  gradientScale: f32,
): void {
  const rate = f32x4.splat(learningRate);
  const decay = f32x4.splat(weightDecay);
  const scale = f32x4.splat(gradientScale);
  const end = endOf(value, length);
  while (value < end) {
    const w = v128.load(value);
    const g = f32x4.add(f32x4.mul(scale, flush(v128.load(gradient), TINY)), f32x4.mul(decay, w));
    v128.store(value, f32x4.sub(w, f32x4.mul(rate, g)));
    value += 16;
    gradient += 16;
  }
}

/**
 * One step of stochastic gradient descent with momentum (torch.optim.SGD, dampening 0), in place:
 * g' = c g + λ w;  u ← μ u + g';  w ← w − η u, or with Nesterov's momentum w ← w − η (g' + μ u).
 *
 * @param velocity u, address of a span, zeros before the first step
 * @param momentum μ
 * @param nesterov 1 for Nesterov's momentum, else 0
 */
export function sgdMomentum(
  value: usize,
  gradient: usize,
  velocity: usize,
  length: i32,
  learningRate: f32,
  momentum: f32,
  nesterov: i32,
  weightDecay: f32,
  gradientScale: f32,
): void {
  const rate = f32x4.splat(learningRate);
  const friction = f32x4.splat(momentum);
  const lookAhead = i32x4.splat(-nesterov);
  const decay = f32x4.splat(weightDecay);
  const scale = f32x4.splat(gradientScale);
  const end = endOf(value, length);
  while (value < end) {
    const w = v128.load(value);
    const g = f32x4.add(f32x4.mul(scale, flush(v128.load(gradient), TINY)), f32x4.mul(decay, w));
    const u = flush(f32x4.add(f32x4.mul(friction, v128.load(velocity)), g), TINY);
    const ahead = f32x4.add(g, f32x4.mul(friction, u));
    v128.store(velocity, u);
    v128.store(value, f32x4.sub(w, f32x4.mul(rate, v128.bitselect(ahead, u, lookAhead))));
    value += 16;
    gradient += 16;
    velocity += 16;
  }
}
