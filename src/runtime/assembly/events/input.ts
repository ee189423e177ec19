import { bytesOf, compacted, lanes } from "./emit";
import { Population, Program, Train } from "./layout";
import { address, field } from "./record";
import { codesOf, offsetsOf } from "./train";

/** The events of a row of the input: values that are not zero, in channel-first arrays (channel, row, pixel). */
export function inputRow(
  program: usize,
  population: usize,
  image: i32,
  owner: i32,
  step: i32,
  slot: i32,
  row: i32,
): usize {
  const height = field(population, Population.height);
  const width = field(population, Population.width);
  const channels = field(population, Population.channels);
  const realChannels = field(population, Population.realChannels);
  const values =
    address(population, Population.values) +
    <usize>slot * address(population, Population.valuesStepBytes) +
    <usize>image * address(population, Population.valuesImageBytes);
  const train = address(population, Population.train);
  let event = codesOf(train, image, owner, step, slot) + <usize>row * address(train, Train.codesRowBytes);
  let offset = offsetsOf(train, image, owner, step) + <usize>row * address(train, Train.offsetsRowBytes);
  const valuesDelta = address(train, Train.valuesDelta);
  const swizzles = address(program, Program.swizzles);
  const firstEvent = event;
  store<u32>(offset, <u32>event);
  for (let x = 0; x < width; x++) {
    const code = x * channels;
    let c = 0;
    if (height * width === 1) {
      let codes = i32x4.splat(0);
      for (const end = realChannels & ~3; c < end; c += 4) {
        const four = v128.load(values + ((<usize>c) << 2));
        const mask = i32x4.bitmask(f32x4.ne(four, f32x4.splat(0)));
        v128.store(event, i32x4.add(codes, lanes(swizzles, mask)));
        if (valuesDelta !== 0) v128.store(event + valuesDelta, compacted(swizzles, four, mask));
        event += bytesOf(mask);
        codes = i32x4.add(codes, i32x4.splat(4));
      }
    }
    for (; c < realChannels; c++) {
      const value = load<f32>(values + ((<usize>((c * height + row) * width + x)) << 2));
      if (value === 0) continue;
      store<i32>(event, code + c);
      if (valuesDelta !== 0) store<f32>(event + valuesDelta, value);
      event += 4;
    }
    offset += 4;
    store<u32>(offset, <u32>event);
  }
  return event - firstEvent;
}

/** 1 where each of some numbers is 0 or 1. */
export function isBinary(values: usize, length: i32): i32 {
  const end = values + ((<usize>length) << 2);
  for (; values + 64 <= end; values += 64) {
    const first = v128.and(areBinary(values), areBinary(values + 16));
    const second = v128.and(areBinary(values + 32), areBinary(values + 48));
    if (!i32x4.all_true(v128.and(first, second))) return 0;
  }
  for (; values < end; values += 4) {
    const x = load<f32>(values);
    if (x !== 0 && x !== 1) return 0;
  }
  return 1;
}

function areBinary(values: usize): v128 {
  const x = v128.load(values);
  return v128.or(f32x4.eq(x, f32x4.splat(0)), f32x4.eq(x, f32x4.splat(1)));
}
