import { type ResponsePreset, responsePreset } from "../cortex/presets.ts";
import { StriateError } from "../error.ts";

/**
 * A preset with some of its fields replaced, at any depth; a core or readout of another kind replaces the preset's whole.
 * `where` is what errors call the replacements.
 */
export function withOverrides(preset: ResponsePreset, overrides: unknown, where: string): ResponsePreset {
  const parsed = responsePreset.safeParse(merged(preset, overrides));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new StriateError(
    `${where} is not valid at ${issue!.path.join(".") || "its top"}: ${issue!.message}`,
    "Its fields are core, readout, pixels and training, as in the run.json of a fit",
  );
}

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function merged(base: unknown, overrides: unknown): unknown {
  if (!isFields(base) || !isFields(overrides)) return overrides;
  if (overrides.kind !== undefined && overrides.kind !== base.kind) return overrides;
  const changed = Object.entries(overrides).map(([key, value]) => [key, merged(base[key], value)]);
  return { ...base, ...Object.fromEntries(changed) };
}
