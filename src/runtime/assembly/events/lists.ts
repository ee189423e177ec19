/**
 * Adds the weights of one source row's events to the currents of their targets, of which every unit has a list.
 *
 * @param current of the population's first unit
 * @param event, end addresses of the row's events
 * @param starts of the row's first code: where its targets begin, counted in pairs
 * @param targets pairs of a byte in the currents and a weight
 * @param from, to bytes of the currents that are wanted
 */
export function scatterLists(
  current: usize,
  event: usize,
  end: usize,
  starts: usize,
  targets: usize,
  from: usize,
  to: usize,
  valuesDelta: usize,
): void {
  for (; event < end; event += 4) {
    const code = starts + ((<usize>load<u32>(event)) << 2);
    const value = valuesDelta === 0 ? <f32>1 : load<f32>(event + valuesDelta);
    const last = targets + ((<usize>load<u32>(code, 4)) << 3);
    for (let pair = targets + ((<usize>load<u32>(code)) << 3); pair < last; pair += 8) {
      const byte = <usize>load<u32>(pair);
      if (byte < from || byte >= to) continue;
      store<f32>(current + byte, load<f32>(current + byte) + value * load<f32>(pair, 4));
    }
  }
}
