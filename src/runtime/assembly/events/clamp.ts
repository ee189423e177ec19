/** A column brought into 0 to `width`. */
export function clamp(column: i32, width: i32): i32 {
  return min(max(column, 0), width);
}
