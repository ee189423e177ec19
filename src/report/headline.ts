import { count, duration, fixed, percent, plural, significant } from "./numbers.ts";
import type { QuickstartReport, QuickstartSummary, SpikingSummary } from "./quickstart-data.ts";

/** The network that the report is about: 3 bits, signed, fine-tuned; else the nearest to it that there is. */
export function mainNetwork(spiking: readonly SpikingSummary[]): SpikingSummary | undefined {
  const rank = ({ bits, neurons, fineTuned }: SpikingSummary) =>
    (fineTuned ? 4 : 0) + (neurons === "signed" ? 2 : 0) + (bits === 3 ? 1 : 0);
  return [...spiking].sort((a, b) => rank(b) - rank(a) || b.accuracy - a.accuracy)[0];
}

const subjects: Record<string, string> = {
  mnist: "handwritten digits",
  "fashion-mnist": "pictures of clothing",
  cifar10: "small colour photographs",
};

/** What was achieved, in a sentence. */
export function headline(summary: QuickstartSummary): string {
  const subject = subjects[summary.task] ?? `the images of ${summary.task}`;
  const network = mainNetwork(summary.spiking);
  if (network === undefined) {
    return `A float network recognises ${percent(summary.ann.accuracy)} of ${subject}`;
  }
  return `A network of spiking neurons recognises ${subject} with ${percent(network.accuracy)} accuracy in ${plural(network.steps, "time step")}`;
}

/** "0.19 percentage points below", "0.02 percentage points above", "exactly at". */
export function compared(accuracy: number, reference: number): string {
  const points = (accuracy - reference) * 100;
  const text = `${fixed(Math.abs(points), 2)} percentage points`;
  if (Math.abs(points) < 0.005) return "level with";
  return points < 0 ? `${text} below` : `${text} above`;
}

/** "5.2 times less than", "1.3 times as much as", "about as much as". */
export function energyCompared(own: number, reference: number): string {
  const ratio = own / reference;
  if (ratio < 0.95) return `${significant(1 / ratio, 2)} times less than`;
  if (ratio > 1.05) return `${significant(ratio, 2)} times as much as`;
  return "about as much as";
}

/** The paragraphs under the headline, every number computed from the report. */
export function leadParagraphs(report: QuickstartReport): string[] {
  const { summary, energy, provenance } = report;
  const time = `All of it, training included, took ${duration(summary.seconds.total)} on ${provenance.machine}.`;
  const network = mainNetwork(summary.spiking);
  const tests = `${count(summary.images.test)} test images`;
  if (network === undefined) {
    return [`It was tested on ${tests}. No spiking network was made in this run. ${time}`];
  }
  const twin = summary.quantized.find(({ bits }) => bits === network.bits);
  const fromTwin =
    twin === undefined
      ? ""
      : `, and ${compared(network.accuracy, twin.accuracy)} the ${network.bits}-bit quantised network from which it was converted (${percent(twin.accuracy)})`;
  const accuracy = `It is ${compared(network.accuracy, summary.ann.accuracy)} the ordinary float network (${percent(summary.ann.accuracy)})${fromTwin}, on the same ${tests}.`;

  const ratio =
    energy.annNanojoules > 0 && network.energyNanojoules > 0
      ? ` for arithmetic, ${energyCompared(network.energyNanojoules, energy.annNanojoules)} the float network’s ${significant(energy.annNanojoules)} nJ`
      : " for arithmetic";
  const cost = `An image takes it ${plural(Math.round(network.spikesPerImage), "spike")} and an estimated ${significant(network.energyNanojoules)} nJ${ratio}. The estimate leaves much out: see the notes on energy below.`;
  return [[accuracy, ...refinements(summary, network)].join(" "), `${cost} ${time}`];
}

function refinements({ spiking }: QuickstartSummary, network: SpikingSummary): string[] {
  const sentences: string[] = [];
  const variant = (neurons: "unsigned" | "signed", fineTuned: boolean) =>
    spiking.find(
      (other) =>
        other.bits === network.bits &&
        other.steps === network.steps &&
        other.neurons === neurons &&
        other.fineTuned === fineTuned,
    );
  const unsigned = variant("unsigned", false);
  const signed = variant("signed", false);
  if (network.neurons === "signed" && network.fineTuned && unsigned !== undefined) {
    const between =
      signed === undefined
        ? "with signed neurons, which can take a spike back, and"
        : `with signed neurons, which can take a spike back, ${percent(signed.accuracy)}; with`;
    sentences.push(
      `Converted with plain unsigned neurons it reaches ${percent(unsigned.accuracy)}; ${between} layer-wise fine-tuning as well, ${percent(network.accuracy)}.`,
    );
  }
  const fewest = spiking
    .filter(({ steps }) => steps < network.steps)
    .sort((a, b) => a.steps - b.steps || b.accuracy - a.accuracy)[0];
  if (fewest !== undefined) {
    sentences.push(
      `With ${plural(fewest.bits, "bit")} instead of ${network.bits}, the best network needs only ${plural(fewest.steps, "step")} and reaches ${percent(fewest.accuracy)}.`,
    );
  }
  return sentences;
}
