import { bytesOf, compacted, lanes } from "./emit";
import { Firing, Membrane, Population, Program, Train } from "./layout";
import { address, field } from "./record";
import { codesOf, offsetsOf } from "./train";

/** Potentials and currents nearer to zero are zero: arithmetic on denormals is 39 times slower. */
const TINY: f32 = 1e-30;

function flushed(x: v128): v128 {
  return v128.andnot(x, f32x4.lt(f32x4.abs(x), f32x4.splat(TINY)));
}

/** A parameter of four neurons: what it is for all, or what stands at their place. */
// @ts-ignore: decorator
@inline
function parameter(isUniform: bool, all: v128, place: usize): v128 {
  return isUniform ? all : v128.load(place);
}

/**
 * One step of a row of neurons: the membranes take up their currents, fire, and are reset; equations in layout.ts and
 * src/spiking/graph/node.ts. `membrane`, `firing` and `isUniform` are known when this is compiled.
 *
 * @param isUniform true where every parameter is one number for all neurons
 */
// @ts-ignore: decorator
@inline
function rowOf(
  membrane: i32,
  firing: i32,
  isUniform: bool,
  program: usize,
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
  const rowBytes = <usize>(width * channels) << 2;
  const state =
    <usize>image * address(population, Population.stateImageBytes) + <usize>row * rowBytes;
  let potential = address(population, Population.potential) + state;
  let second = address(population, Population.second) + state;

  const gainStep = address(population, Population.gainStep);
  const decayStep = address(population, Population.decayStep);
  const restStep = address(population, Population.restStep);
  const thresholdStep = address(population, Population.thresholdStep);
  const fireAtStep = address(population, Population.fireAtStep);
  const resetToStep = address(population, Population.resetToStep);
  const synapticStep = address(population, Population.synapticStep);
  const lateStep = address(population, Population.lateStep);
  const earlyStep = address(population, Population.earlyStep);
  const before = <usize>(row * width * channels) >> 2;
  let gain = address(population, Population.gain) + before * gainStep;
  let decay = address(population, Population.decay) + before * decayStep;
  let rest = address(population, Population.rest) + before * restStep;
  let threshold = address(population, Population.threshold) + before * thresholdStep;
  let fireAt = address(population, Population.fireAt) + before * fireAtStep;
  let resetTo = address(population, Population.resetTo) + before * resetToStep;
  let synaptic = address(population, Population.synaptic) + before * synapticStep;
  let late = address(population, Population.late) + before * lateStep;
  let early = address(population, Population.early) + before * earlyStep;
  const gainAll = v128.load(gain);
  const decayAll = v128.load(decay);
  const restAll = v128.load(rest);
  const thresholdAll = v128.load(threshold);
  const fireAtAll = v128.load(fireAt);
  const resetToAll = v128.load(resetTo);
  const synapticAll = v128.load(synaptic);
  const lateAll = v128.load(late);
  const earlyAll = v128.load(early);
  const takesBackAt = v128.load(address(population, Population.takesBackAt));

  const train = address(population, Population.train);
  let event = codesOf(train, image, owner, step, slot) + <usize>row * address(train, Train.codesRowBytes);
  let offset = offsetsOf(train, image, owner, step) + <usize>row * address(train, Train.offsetsRowBytes);
  const valuesDelta = address(train, Train.valuesDelta);
  const codesPerPixel = field(train, Train.codesPerPixel);
  const swizzles = address(program, Program.swizzles);
  const takenBack = i32x4.splat(channels);
  let record = address(population, Population.record);
  if (record != 0) {
    record +=
      <usize>image * address(population, Population.recordImageBytes) +
      <usize>slot * address(population, Population.recordStepBytes) +
      <usize>row * rowBytes;
  }

  const first = event;
  store<u32>(offset, <u32>event);
  for (let x = 0; x < width; x++) {
    let code = i32x4.splat(x * codesPerPixel);
    for (let c = 0; c < channels; c += 4) {
      let v = v128.load(potential);
      const i = v128.load(current);
      if (membrane == Membrane.integrator) {
        v = f32x4.add(v, i);
      } else if (membrane == Membrane.scaledIntegrator) {
        v = f32x4.add(v, f32x4.mul(i, parameter(isUniform, gainAll, gain)));
      } else if (membrane == Membrane.leaky) {
        v = f32x4.mul(v, parameter(isUniform, decayAll, decay));
        v = f32x4.add(v, f32x4.mul(i, parameter(isUniform, gainAll, gain)));
        v = flushed(f32x4.add(v, parameter(isUniform, restAll, rest)));
      } else {
        const i0 = v128.load(second);
        const left = f32x4.mul(i0, parameter(isUniform, synapticAll, synaptic));
        const i1 = flushed(f32x4.add(left, f32x4.mul(i, parameter(isUniform, gainAll, gain))));
        v128.store(second, i1);
        v = f32x4.mul(v, parameter(isUniform, decayAll, decay));
        v = f32x4.add(v, f32x4.mul(i1, parameter(isUniform, lateAll, late)));
        v = f32x4.add(v, f32x4.mul(i0, parameter(isUniform, earlyAll, early)));
        v = flushed(f32x4.add(v, parameter(isUniform, restAll, rest)));
      }

      let output: v128;
      if (firing == Firing.none) {
        v128.store(potential, v);
        output = v;
        const mask = i32x4.bitmask(f32x4.ne(v, f32x4.splat(0)));
        v128.store(event, i32x4.add(code, lanes(swizzles, mask)));
        v128.store(event + valuesDelta, compacted(swizzles, v, mask));
        event += bytesOf(mask);
      } else if (firing == Firing.signed) {
        const count = v128.load(second);
        const theta = parameter(isUniform, thresholdAll, threshold);
        const up = f32x4.ge(v, parameter(isUniform, fireAtAll, fireAt));
        const down = v128.and(f32x4.le(v, takesBackAt), f32x4.gt(count, f32x4.splat(0.5)));
        const one = f32x4.splat(1);
        output = f32x4.sub(v128.and(up, one), v128.and(down, one));
        v = f32x4.sub(v, f32x4.sub(v128.and(up, theta), v128.and(down, theta)));
        v128.store(potential, v);
        v128.store(second, f32x4.add(count, output));
        const mask = i32x4.bitmask(v128.or(up, down));
        const takenBackBy = compacted(swizzles, v128.and(down, takenBack), mask);
        v128.store(event, i32x4.add(i32x4.add(code, takenBackBy), lanes(swizzles, mask)));
        event += bytesOf(mask);
      } else {
        const fires = f32x4.ge(v, parameter(isUniform, fireAtAll, fireAt));
        if (firing == Firing.subtract) {
          v = f32x4.sub(v, v128.and(fires, parameter(isUniform, thresholdAll, threshold)));
        } else {
          v = v128.bitselect(parameter(isUniform, resetToAll, resetTo), v, fires);
        }
        v128.store(potential, v);
        output = v128.and(fires, f32x4.splat(1));
        const mask = i32x4.bitmask(fires);
        v128.store(event, i32x4.add(code, lanes(swizzles, mask)));
        event += bytesOf(mask);
      }
      if (record != 0) {
        v128.store(record, output);
        record += 16;
      }

      potential += 16;
      current += 16;
      if (membrane == Membrane.currentBased || firing == Firing.signed) second += 16;
      if (!isUniform) {
        gain += gainStep;
        decay += decayStep;
        rest += restStep;
        synaptic += synapticStep;
        late += lateStep;
        early += earlyStep;
        fireAt += fireAtStep;
        threshold += thresholdStep;
        resetTo += resetToStep;
      }
      code = i32x4.add(code, i32x4.splat(4));
    }
    offset += 4;
    store<u32>(offset, <u32>event);
  }
  return event - first;
}

/** Whether every parameter of a population is one number for all neurons. */
function isUniform(population: usize): bool {
  return (
    (field(population, Population.gainStep) |
      field(population, Population.decayStep) |
      field(population, Population.restStep) |
      field(population, Population.thresholdStep) |
      field(population, Population.fireAtStep) |
      field(population, Population.resetToStep) |
      field(population, Population.synapticStep) |
      field(population, Population.lateStep) |
      field(population, Population.earlyStep)) ===
    0
  );
}

// @ts-ignore: decorator
@inline
function rowFiring(
  membrane: i32,
  firing: i32,
  program: usize,
  population: usize,
  image: i32,
  owner: i32,
  step: i32,
  slot: i32,
  row: i32,
  current: usize,
): usize {
  if (isUniform(population)) return rowOf(membrane, firing, true, program, population, image, owner, step, slot, row, current);
  return rowOf(membrane, firing, false, program, population, image, owner, step, slot, row, current);
}

/** Neurons with a synaptic current have no signed firing. */
// @ts-ignore: decorator
@inline
function rowWith(
  membrane: i32,
  program: usize,
  population: usize,
  image: i32,
  owner: i32,
  step: i32,
  slot: i32,
  row: i32,
  current: usize,
): usize {
  const firing = field(population, Population.firing);
  if (firing == Firing.none) return rowFiring(membrane, Firing.none, program, population, image, owner, step, slot, row, current);
  if (firing == Firing.subtract) return rowFiring(membrane, Firing.subtract, program, population, image, owner, step, slot, row, current);
  if (firing == Firing.toPotential || membrane == Membrane.currentBased) {
    return rowFiring(membrane, Firing.toPotential, program, population, image, owner, step, slot, row, current);
  }
  return rowFiring(membrane, Firing.signed, program, population, image, owner, step, slot, row, current);
}

/** One step of a row of neurons of any kind; returns how many bytes its events take. */
export function neuronsRow(
  program: usize,
  population: usize,
  image: i32,
  owner: i32,
  step: i32,
  slot: i32,
  row: i32,
  current: usize,
): usize {
  const membrane = field(population, Population.membrane);
  if (membrane == Membrane.integrator) return rowWith(Membrane.integrator, program, population, image, owner, step, slot, row, current);
  if (membrane == Membrane.scaledIntegrator) return rowWith(Membrane.scaledIntegrator, program, population, image, owner, step, slot, row, current);
  if (membrane == Membrane.leaky) return rowWith(Membrane.leaky, program, population, image, owner, step, slot, row, current);
  return rowWith(Membrane.currentBased, program, population, image, owner, step, slot, row, current);
}
