/**
 * Adds up the numbers at `start`, a multiple of 32 of them, four at a time in eight running sums, `times` times over: as
 * fast as this machine adds numbers from its nearest cache.
 */
export function additions(start: usize, count: i32, times: i32): f32 {
  const end = start + ((<usize>count) << 2);
  let a = f32x4.splat(0);
  let b = a;
  let c = a;
  let d = a;
  let e = a;
  let f = a;
  let g = a;
  let h = a;
  for (let i = 0; i < times; i++) {
    for (let at = start; at < end; at += 128) {
      a = f32x4.add(a, v128.load(at));
      b = f32x4.add(b, v128.load(at, 16));
      c = f32x4.add(c, v128.load(at, 32));
      d = f32x4.add(d, v128.load(at, 48));
      e = f32x4.add(e, v128.load(at, 64));
      f = f32x4.add(f, v128.load(at, 80));
      g = f32x4.add(g, v128.load(at, 96));
      h = f32x4.add(h, v128.load(at, 112));
    }
  }
  const abcd = f32x4.add(f32x4.add(a, b), f32x4.add(c, d));
  const all = f32x4.add(abcd, f32x4.add(f32x4.add(e, f), f32x4.add(g, h)));
  const low = f32x4.extract_lane(all, 0) + f32x4.extract_lane(all, 1);
  return low + f32x4.extract_lane(all, 2) + f32x4.extract_lane(all, 3);
}
