import { hasRepeats, oracleCorrelation, tierTrials } from "../../cortex/metrics/index.ts";
import { writeFileAtomic } from "../../formats/index.node.ts";
import { type Recording, type Tier, tiers } from "../../formats/recording.ts";
import { loadRecording } from "../../recipes/load-recording.node.ts";
import type { ProgressReporter } from "../../recipes/progress.ts";
import { contactSheet } from "../../report/figures/contact-sheet.ts";
import { count, percent, significant } from "../../report/index.ts";

/** Pixels of the PNG to a pixel of the drawing. */
const pngScale = 2;

/** What there is to say of a recording, as rows, a table by tier, and JSON. */
export async function describeRecording(path: string, progress: ProgressReporter) {
  const warnings: string[] = [];
  const recording = await loadRecording(path, { note: (line) => warnings.push(line) }, progress);
  const { subject, dataset, neurons, trials, stimuli, responses } = recording;
  const size = [stimuli.channels, stimuli.height, stimuli.width];
  const missing = responses.reduce((sum, value) => sum + Number(Number.isNaN(value)), 0) / responses.length;
  const has = (["coordinates", "behavior", "pupilCenter", "expected"] as const).filter(
    (part) => recording[part],
  );
  const perTier = tiers
    .filter((tier) => recording.tierOf.includes(tier))
    .map((tier) => describeTier(recording, tier));
  const names = {
    coordinates: "coordinates",
    behavior: "behaviour",
    pupilCenter: "pupil centre",
    expected: "noise-free responses",
  };
  const rows = [
    { name: "format", value: "recording" },
    { name: "subject", value: subject },
    { name: "dataset", value: dataset },
    { name: "neurons", value: count(neurons) },
    { name: "trials", value: count(trials) },
    { name: "stimuli", value: `${count(stimuli.count)} of ${size.join(" × ")}` },
    { name: "missing responses", value: percent(missing) },
    { name: "also recorded", value: has.map((part) => names[part]).join(", ") || "nothing" },
    ...warnings.map((line) => ({ name: "warning", value: line })),
  ];
  const table = {
    headers: ["tier", "trials", "images", "repeats, least", "median", "most", "oracle correlation"],
    rows: perTier.map(({ tier, repeats, oracle, ...counts }) => [
      tier,
      count(counts.trials),
      count(counts.images),
      ...[repeats.min, repeats.median, repeats.max].map((value) => String(value)),
      oracle === null ? "–" : `${significant(oracle.mean)} over ${oracle.neurons} neurons`,
    ]),
  };
  const json = {
    format: "recording",
    subject,
    dataset,
    neurons,
    trials,
    stimuli: stimuli.count,
    size,
    missing,
    has,
    tiers: perTier,
    warnings,
  };
  return { recording, rows, table, json };
}

function describeTier(recording: Recording, tier: Tier) {
  const trials = tierTrials(recording, tier);
  const lengths = trials.repeats.map((rows) => rows.length).sort((a, b) => a - b);
  const half = (lengths.length - 1) / 2;
  const repeats = {
    min: lengths[0]!,
    median: (lengths[Math.floor(half)]! + lengths[Math.ceil(half)]!) / 2,
    max: lengths.at(-1)!,
  };
  return { tier, trials: trials.trials, images: lengths.length, repeats, oracle: meanOracle(trials) };
}

/** The mean over neurons with repeats; null without repeats. */
function meanOracle(trials: ReturnType<typeof tierTrials>): { mean: number; neurons: number } | null {
  if (!hasRepeats(trials)) return null;
  const known = oracleCorrelation(trials).filter((value) => !Number.isNaN(value));
  return { mean: known.reduce((sum, value) => sum + value, 0) / known.length, neurons: known.length };
}

/** Draws stimuli of a recording into an SVG or PNG file. */
export async function writeContactSheet(
  { subject, dataset, stimuli, stimulusIds }: Recording,
  files: { readonly svg?: string | undefined; readonly png?: string | undefined },
): Promise<void> {
  const title = `${subject} (${dataset})`;
  const svg = contactSheet(stimuli, stimulusIds, { title });
  if (files.svg !== undefined) await writeFileAtomic(files.svg, svg);
  if (files.png === undefined) return;
  const { default: sharp } = await import("sharp");
  const png = await sharp(new TextEncoder().encode(svg), { density: 72 * pngScale })
    .png()
    .toBuffer();
  await writeFileAtomic(files.png, png);
}
