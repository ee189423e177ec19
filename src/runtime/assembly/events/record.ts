/** Word number `index` of a record. */
export function field(record: usize, index: i32): i32 {
  return load<i32>(record + ((<usize>index) << 2));
}

/** The same, as an address. */
export function address(record: usize, index: i32): usize {
  return <usize>load<u32>(record + ((<usize>index) << 2));
}
