import { bytesOf, compacted, lanes } from "./emit";
import { Population, Program, Stage, Train } from "./layout";
import { address, field } from "./record";
import { codesOf, offsetsOf } from "./train";

/** One step of a row of a population that is no neuron's: see Stage. */
export function stageRow(
  program: usize,
  population: usize,
  image: i32,
  owner: i32,
  step: i32,
  slot: i32,
  row: i32,
  current: usize,
): usize {
  const stage = field(population, Population.stage);
  const width = field(population, Population.width);
  const channels = field(population, Population.channels);
  const rowBytes = (<usize>(width * channels)) << 2;
  let kept =
    address(population, Population.potential) +
    <usize>image * address(population, Population.stateImageBytes) +
    <usize>row * rowBytes;
  const thresholdStep = address(population, Population.thresholdStep);
  let threshold =
    address(population, Population.threshold) + (<usize>(row * width * channels) >> 2) * thresholdStep;
  const train = address(population, Population.train);
  let event = codesOf(train, image, owner, step, slot) + <usize>row * address(train, Train.codesRowBytes);
  let offset = offsetsOf(train, image, owner, step) + <usize>row * address(train, Train.offsetsRowBytes);
  const valuesDelta = address(train, Train.valuesDelta);
  const swizzles = address(program, Program.swizzles);
  let record = address(population, Population.record);
  if (record !== 0) {
    record +=
      <usize>image * address(population, Population.recordImageBytes) +
      <usize>slot * address(population, Population.recordStepBytes) +
      <usize>row * rowBytes;
  }

  const firstEvent = event;
  store<u32>(offset, <u32>event);
  for (let x = 0; x < width; x++) {
    let code = i32x4.splat(x * channels);
    for (let c = 0; c < channels; c += 4) {
      let output = v128.load(current);
      if (stage === Stage.threshold) {
        output = v128.and(f32x4.gt(output, v128.load(threshold)), f32x4.splat(1));
        threshold += thresholdStep;
      } else if (stage === Stage.counter) {
        output = f32x4.add(v128.load(kept), output);
        v128.store(kept, output);
      } else if (stage === Stage.difference) {
        const before = v128.load(kept);
        v128.store(kept, output);
        output = f32x4.sub(output, before);
      }
      if (record !== 0) {
        v128.store(record, output);
        record += 16;
      }
      const mask = i32x4.bitmask(f32x4.ne(output, f32x4.splat(0)));
      v128.store(event, i32x4.add(code, lanes(swizzles, mask)));
      if (valuesDelta !== 0) v128.store(event + valuesDelta, compacted(swizzles, output, mask));
      event += bytesOf(mask);
      current += 16;
      kept += 16;
      code = i32x4.add(code, i32x4.splat(4));
    }
    offset += 4;
    store<u32>(offset, <u32>event);
  }
  return event - firstEvent;
}
