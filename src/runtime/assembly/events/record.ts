/** Word number `index` of a record. */
// @ts-ignore: decorator
@inline
export function field(record: usize, index: i32): i32 {
  return load<i32>(record + (<usize>index << 2));
}

/** The same, as an address. */
// @ts-ignore: decorator
@inline
export function address(record: usize, index: i32): usize {
  return <usize>load<u32>(record + (<usize>index << 2));
}
