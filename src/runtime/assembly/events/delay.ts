import { Population, Train } from "./layout";
import { address, field } from "./record";
import { codesOf, offsetsOf } from "./train";

/**
 * One step of a row of delays: values wait in a line of `delayLength` steps, a power of two, kept for every image as
 * (step, row, pixel, channel).
 */
export function delayRow(
  population: usize,
  image: i32,
  owner: i32,
  step: i32,
  slot: i32,
  row: i32,
  current: usize,
): usize {
  const width = field(population, Population.width);
  const channels = field(population, Population.channels);
  const units = width * channels;
  const first = row * units;
  const stepBytes = (<usize>(field(population, Population.height) * units)) << 2;
  const last = field(population, Population.delayLength) - 1;
  const line =
    address(population, Population.potential) +
    <usize>image * address(population, Population.stateImageBytes) +
    ((<usize>first) << 2);
  const delays = address(population, Population.delays) + ((<usize>first) << 2);
  const train = address(population, Population.train);
  let event = codesOf(train, image, owner, step, slot) + <usize>row * address(train, Train.codesRowBytes);
  let offset = offsetsOf(train, image, owner, step) + <usize>row * address(train, Train.offsetsRowBytes);
  const valuesDelta = address(train, Train.valuesDelta);
  let record = address(population, Population.record);
  if (record !== 0) {
    record +=
      <usize>image * address(population, Population.recordImageBytes) +
      <usize>slot * address(population, Population.recordStepBytes) +
      ((<usize>first) << 2);
  }
  memory.copy(line + <usize>(step & last) * stepBytes, current, (<usize>units) << 2);
  const firstEvent = event;
  store<u32>(offset, <u32>event);
  for (let unit = 0, x = 0; x < width; x++) {
    for (const end = unit + channels; unit < end; unit++) {
      const place = (<usize>unit) << 2;
      const delay = load<i32>(delays + place);
      const value = load<f32>(line + <usize>((step - delay) & last) * stepBytes + place);
      if (record !== 0) store<f32>(record + place, value);
      if (value === 0) continue;
      store<i32>(event, unit);
      store<f32>(event + valuesDelta, value);
      event += 4;
    }
    offset += 4;
    store<u32>(offset, <u32>event);
  }
  return event - firstEvent;
}
