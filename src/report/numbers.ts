/** Numbers as people read them. Every function gives an en dash for a missing or non-finite number. */

export const missing = "–";

const grouped = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

function isNumber(value: number | undefined): value is number {
  return value !== undefined && Number.isFinite(value);
}

/** 0.98934 → "98.93". The unit is the reader's to add, usually in a table's header. */
export function percentage(fraction: number | undefined, decimals = 2): string {
  return isNumber(fraction) ? fixed(fraction * 100, decimals) : missing;
}

/** 0.98934 → "98.93 %", with a space that does not break. */
export function percent(fraction: number | undefined, decimals = 2): string {
  return isNumber(fraction) ? `${percentage(fraction, decimals)}\u00a0%` : missing;
}

/** 12345.6 → "12,346". */
export function count(value: number | undefined): string {
  return isNumber(value) ? grouped.format(value) : missing;
}

/** A fixed number of decimals, with grouping: 1234.567 → "1,234.6". Never "-0.0". */
export function fixed(value: number | undefined, decimals = 1): string {
  if (!isNumber(value)) return missing;
  const text = new Intl.NumberFormat("en-US", {
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
  }).format(value);
  return /^-[0.,]*$/.test(text) ? text.slice(1) : text.replace("-", "−");
}

/** Three significant digits, or all whole digits where there are more: 0.01234 → "0.0123", 1234.5 → "1,235". */
export function significant(value: number | undefined, digits = 3): string {
  if (!isNumber(value)) return missing;
  if (value === 0) return "0";
  const magnitude = Math.floor(Math.log10(Math.abs(value)));
  return fixed(value, Math.min(12, Math.max(0, digits - 1 - magnitude)));
}

/** Seconds as "43.2 s", "4 min 12 s" or "2 h 5 min". */
export function duration(seconds: number | undefined): string {
  if (!isNumber(seconds)) return missing;
  if (seconds < 59.95) return `${fixed(seconds, 1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** "1 step", "3 steps". */
export function plural(value: number, singular: string, several = `${singular}s`): string {
  return `${count(value)} ${value === 1 ? singular : several}`;
}
