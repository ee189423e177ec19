/**
 * Gives the spikes of the neurons from `first` on to their targets: into[target] += weight for every synapse, in the
 * order of the spikes. The connections of neuron s are the places offsets[s] to offsets[s + 1] of `targets`.
 *
 * @param spikes numbers of the neurons that fired
 * @param sources how many neurons have synapses here; spikes of others are passed over
 * @param offsets address of sources + 1 unsigned integers
 * @param targets address of the numbers of the targets
 * @param into address of the array that is added to
 */
export function deliver<T>(
  spikes: usize,
  count: i32,
  first: i32,
  sources: i32,
  offsets: usize,
  targets: usize,
  into: usize,
  weight: T,
): void {
  for (let spike: i32 = 0; spike < count; spike++) {
    const source = <u32>(load<i32>(spikes + ((<usize>spike) << 2)) - first);
    if (source >= <u32>sources) continue;
    const row = offsets + ((<usize>source) << 2);
    const end = targets + ((<usize>load<u32>(row, 4)) << 2);
    for (let at = targets + ((<usize>load<u32>(row)) << 2); at < end; at += 4) {
      const place = into + <usize>load<u32>(at) * sizeof<T>();
      store<T>(place, load<T>(place) + weight);
    }
  }
}

/** deliver into two arrays, as modal neurons need it. */
export function deliverTwo<T>(
  spikes: usize,
  count: i32,
  first: i32,
  sources: i32,
  offsets: usize,
  targets: usize,
  into: usize,
  weight: T,
  second: usize,
  secondWeight: T,
): void {
  for (let spike: i32 = 0; spike < count; spike++) {
    const source = <u32>(load<i32>(spikes + ((<usize>spike) << 2)) - first);
    if (source >= <u32>sources) continue;
    const row = offsets + ((<usize>source) << 2);
    const end = targets + ((<usize>load<u32>(row, 4)) << 2);
    for (let at = targets + ((<usize>load<u32>(row)) << 2); at < end; at += 4) {
      const offset = <usize>load<u32>(at) * sizeof<T>();
      store<T>(into + offset, load<T>(into + offset) + weight);
      store<T>(second + offset, load<T>(second + offset) + secondWeight);
    }
  }
}

/** deliver with a weight for each synapse, times `gain`. */
export function deliverEach<T>(
  spikes: usize,
  count: i32,
  first: i32,
  sources: i32,
  offsets: usize,
  targets: usize,
  weights: usize,
  into: usize,
  gain: T,
): void {
  for (let spike: i32 = 0; spike < count; spike++) {
    const source = <u32>(load<i32>(spikes + ((<usize>spike) << 2)) - first);
    if (source >= <u32>sources) continue;
    const row = offsets + ((<usize>source) << 2);
    const end = <usize>load<u32>(row, 4);
    for (let synapse = <usize>load<u32>(row); synapse < end; synapse++) {
      const place = into + <usize>load<u32>(targets + (synapse << 2)) * sizeof<T>();
      store<T>(place, load<T>(place) + gain * load<T>(weights + synapse * sizeof<T>()));
    }
  }
}
