/**
 * For each of sixteen masks of four lanes, the bytes that bring the lanes that are set to the front, the rest zero; behind
 * them, for each mask, the numbers of these lanes as 32-bit integers.
 */
export function swizzles(): Uint8Array {
  const table = new Uint8Array(2 * 16 * 16).fill(0x80, 0, 256);
  for (let mask = 0; mask < 16; mask++) {
    let place = mask * 16;
    for (let lane = 0; lane < 4; lane++) {
      if ((mask & (1 << lane)) === 0) continue;
      table[256 + place] = lane;
      for (let byte = 0; byte < 4; byte++) table[place++] = lane * 4 + byte;
    }
  }
  return table;
}
