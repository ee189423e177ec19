import { endOf } from "./span";

/**
 * Turns random words into normal float32, in place, by Box & Muller's transform (1958): each pair of words (a, b) gives
 * the two numbers mean + deviation · √(−2 ln u) · (cos θ, sin θ), with u = a / 2³² in (0, 1] and θ = 2π b / 2³².
 *
 * Logarithm, sine and cosine are polynomials of + − × ÷ √, which IEEE 754 rounds exactly, so that every engine gives the
 * same bits. With u rounded to float32, the numbers are within 1e-6 deviations of the formula; the largest possible is
 * 6.56 deviations from the mean.
 *
 * @param length of the span; words up to a multiple of eight are read and written
 */
export function wordsToNormal(span: usize, length: i32, mean: f32, deviation: f32): void {
  const centre = f32x4.splat(mean);
  const spread = f32x4.splat(deviation);
  const end = endOf(span, length);
  for (; span < end; span += 32) {
    const x = v128.load(span);
    const y = v128.load(span, 16);
    const radius = f32x4.mul(spread, radiusOf(v128.shuffle<i32>(x, y, 0, 2, 4, 6)));
    const turn = v128.shuffle<i32>(x, y, 1, 3, 5, 7);
    const across = f32x4.add(centre, f32x4.mul(radius, sineOf(i32x4.add(turn, i32x4.splat(0x40000000)))));
    const along = f32x4.add(centre, f32x4.mul(radius, sineOf(turn)));
    v128.store(span, v128.shuffle<i32>(across, along, 0, 4, 1, 5));
    v128.store(span, v128.shuffle<i32>(across, along, 2, 6, 3, 7), 16);
  }
}

/** √(−2 ln u) for u = word / 2³², with 31 bits and never zero. */
function radiusOf(word: v128): v128 {
  const odd = v128.or(i32x4.shr_u(word, 1), i32x4.splat(1));
  const u = f32x4.mul(f32x4.convert_i32x4_s(odd), f32x4.splat(1.0 / 2147483648.0));
  // u = 2ᵉ f with f in [√½, √2): 0x3f3504f3 are the bits of √½
  const e = i32x4.shr_s(i32x4.sub(u, i32x4.splat(0x3f3504f3)), 23);
  const f = i32x4.sub(u, i32x4.shl(e, 23));
  // ln f = 2 artanh s = 2 (s + s³/3 + s⁵/5 + …) with s = (f − 1) / (f + 1), |s| ≤ 0.172
  const one = f32x4.splat(1);
  const s = f32x4.div(f32x4.sub(f, one), f32x4.add(f, one));
  const s2 = f32x4.mul(s, s);
  let series = f32x4.add(f32x4.splat(1.0 / 7.0), f32x4.mul(s2, f32x4.splat(1.0 / 9.0)));
  series = f32x4.add(f32x4.splat(1.0 / 5.0), f32x4.mul(s2, series));
  series = f32x4.add(f32x4.splat(1.0 / 3.0), f32x4.mul(s2, series));
  const lnF = f32x4.add(f32x4.add(s, s), f32x4.mul(f32x4.mul(f32x4.add(s, s), s2), series));
  const ln = f32x4.add(f32x4.mul(f32x4.convert_i32x4_s(e), f32x4.splat(Mathf.LN2)), lnF);
  return f32x4.sqrt(f32x4.mul(f32x4.splat(-2), ln));
}

/** sin θ for θ = 2π word / 2³²; a quarter turn is 2³⁰, so sin(θ + quarter) is the cosine. */
function sineOf(word: v128): v128 {
  // sin(π − θ) = sin θ brings the word, read as signed, into half a turn around zero
  const beyond = i32x4.shr_s(i32x4.add(word, i32x4.splat(0x40000000)), 31);
  const folded = v128.bitselect(i32x4.sub(i32x4.splat(0x80000000), word), word, beyond);
  const x = f32x4.mul(f32x4.convert_i32x4_s(folded), f32x4.splat(Mathf.PI / 2147483648.0));
  // x − x³/3! + x⁵/5! − … − x¹¹/11!, |x| ≤ π/2
  const x2 = f32x4.mul(x, x);
  let series = f32x4.add(f32x4.splat(1.0 / 362880.0), f32x4.mul(x2, f32x4.splat(-1.0 / 39916800.0)));
  series = f32x4.add(f32x4.splat(-1.0 / 5040.0), f32x4.mul(x2, series));
  series = f32x4.add(f32x4.splat(1.0 / 120.0), f32x4.mul(x2, series));
  series = f32x4.add(f32x4.splat(-1.0 / 6.0), f32x4.mul(x2, series));
  return f32x4.add(x, f32x4.mul(f32x4.mul(x, x2), series));
}
