import { endOf, flush, flushPositive, TINY, TINY_ROOT } from "./span";

/**
 * One step of Adam (Kingma & Ba 2015) or AdamW (Loshchilov & Hutter 2019), in place, as torch.optim computes them:
 *
 *   w' = k w;  g' = c g + λ w'
 *   m ← m + (1 − β₁)(g' − m);  v ← β₂ v + (1 − β₂) g'²
 *   w ← w' − α m / (b √v + ε)
 *
 * The caller folds bias correction into α = η / (1 − β₁ᵗ) and b = 1 / √(1 − β₂ᵗ). Adam has k = 1; AdamW has λ = 0 and
 * k = 1 − η · decay. Gradients below 1e-15 count as zero: their squares would be too small to keep.
 *
 * @param value w, address of a span
 * @param gradient g, address of a span
 * @param firstMoment m, address of a span, zeros before the first step
 * @param secondMoment v, address of a span, zeros before the first step
 * @param stepSize α
 * @param rootScale b
 * @param keep k, the share of the weight that decoupled decay leaves
 * @param weightDecay λ, decay added to the gradient
 * @param gradientScale c, multiplies the gradient as it is read (clipping)
 */
export function adam(
  value: usize,
  gradient: usize,
  firstMoment: usize,
  secondMoment: usize,
  length: i32,
  oneMinusBeta1: f32,
  beta2: f32,
  oneMinusBeta2: f32,
  stepSize: f32,
  rootScale: f32,
  epsilon: f32,
  keep: f32,
  weightDecay: f32,
  gradientScale: f32,
): void {
  const gain1 = f32x4.splat(oneMinusBeta1);
  const hold2 = f32x4.splat(beta2);
  const gain2 = f32x4.splat(oneMinusBeta2);
  const size = f32x4.splat(stepSize);
  const root = f32x4.splat(rootScale);
  const floor = f32x4.splat(epsilon);
  const kept = f32x4.splat(keep);
  const decay = f32x4.splat(weightDecay);
  const scale = f32x4.splat(gradientScale);
  const end = endOf(value, length);
  while (value < end) {
    const w = f32x4.mul(kept, v128.load(value));
    const g = f32x4.add(f32x4.mul(scale, flush(v128.load(gradient), TINY_ROOT)), f32x4.mul(decay, w));
    const m0 = v128.load(firstMoment);
    const v0 = v128.load(secondMoment);
    const m = flush(f32x4.add(m0, f32x4.mul(gain1, f32x4.sub(g, m0))), TINY);
    const v = flushPositive(f32x4.add(f32x4.mul(hold2, v0), f32x4.mul(f32x4.mul(gain2, g), g)), TINY);
    const spread = f32x4.add(f32x4.mul(root, f32x4.sqrt(v)), floor);
    v128.store(firstMoment, m);
    v128.store(secondMoment, v);
    v128.store(value, f32x4.sub(w, f32x4.div(f32x4.mul(size, m), spread)));
    value += 16;
    gradient += 16;
    firstMoment += 16;
    secondMoment += 16;
  }
}
