import type { TypedArray } from "./array.ts";

/** Smallest and largest value and how many are not finite, for a table and for JSON. Integers stay exact. */
export function describeValues(data: TypedArray): {
  rows: { name: string; value: string }[];
  json: { smallest: number | string | null; largest: number | string | null; notFinite: number };
} {
  let smallest: number | bigint | null = null;
  let largest: number | bigint | null = null;
  let notFinite = 0;
  for (const value of data) {
    if (typeof value === "number" && !Number.isFinite(value)) {
      notFinite++;
      continue;
    }
    if (smallest === null || value < smallest) smallest = value;
    if (largest === null || value > largest) largest = value;
  }
  const rows = smallest === null ? [] : [{ name: "values", value: `${smallest} to ${largest}` }];
  if (notFinite > 0) rows.push({ name: "not finite", value: String(notFinite) });
  return { rows, json: { smallest: plain(smallest), largest: plain(largest), notFinite } };
}

/** JSON has no integers beyond 2^53: those become text. */
function plain(value: number | bigint | null): number | string | null {
  if (typeof value !== "bigint") return value;
  return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
}
