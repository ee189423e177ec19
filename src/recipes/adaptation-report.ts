import type { AdaptationArm } from "../cortex/adaptation.ts";
import type { PathKind } from "../cortex/paths/path.ts";
import type { Recording } from "../formats/recording.ts";
import type {
  AdaptationMethod,
  AdaptationReport,
  AdaptationArm as ReportedArm,
  ReportedMetrics,
} from "../report/index.ts";
import { trainingImages } from "./adaptation-arms.ts";
import type { MeasuredArm } from "./measured-arm.ts";

/** What a report on an adaptation says that does not follow from the measured arms. */
export type AdaptationContext = Pick<
  AdaptationReport,
  | "model"
  | "data"
  | "modelParameters"
  | "training"
  | "configuration"
  | "notes"
  | "provenance"
  | "seconds"
  | "peakMemoryMB"
>;

/** The report on arms that were measured on the same recordings, each with one number of images or several. */
export function describeAdaptation(
  measured: readonly MeasuredArm[],
  recordings: readonly Recording[],
  context: AdaptationContext,
): AdaptationReport {
  const [{ choice, metrics, subjects }] = measured as [MeasuredArm];
  const names = [...new Set(measured.map(({ name }) => name))];
  const sum = (field: string) => subjects.reduce((total, one) => total + Number(one[field]), 0);
  return {
    ...context,
    run: "adapt",
    score: choice.score,
    ...(choice.ceilingName && { ceilingName: choice.ceilingName }),
    settings: [
      {
        name: `to ${recordings.map(({ subject }) => subject).join(", ")}`,
        allImages: trainingImages(recordings),
        neurons: recordings.reduce((total, { neurons }) => total + neurons, 0),
        testImages: sum("images"),
        ...(metrics.ceiling && { ceiling: metrics.ceiling }),
        arms: names.map((name) => reportedArm(measured.filter((one) => one.name === name))),
      },
    ],
    modulation: shownModulation(measured),
  };
}

/** What a report calls "paths together". */
const modulating: readonly PathKind[] = ["subject", "stimulus", "dataset"];

function reportedArm(points: readonly MeasuredArm[]): ReportedArm {
  const { arm, trainableParameters } = points[0]!;
  const method = methodOf(arm);
  const several = method === "paths" && arm.train === "paths" ? arm.paths : [];
  const isEvery = modulating.every((kind) => several.includes(kind)) && several.length === modulating.length;
  return {
    method,
    ...(several.length > 0 && !isEvery && { name: `${listed(several.map(pathWord))} paths` }),
    trainableParameters,
    points: points.map(({ images, metrics }): { images: number; metrics: ReportedMetrics } => ({
      images,
      metrics,
    })),
  };
}

/** What figures draw an arm as. */
export function methodOf(arm: AdaptationArm): AdaptationMethod {
  if (arm.train === "readout") return "readout";
  if (arm.train === "all") return "full";
  if (arm.train === "scratch") return "scratch";
  return arm.paths.length === 1 ? pathMethods[arm.paths[0]!] : "paths";
}

const pathMethods: Record<PathKind, AdaptationMethod> = {
  subject: "subject",
  stimulus: "stimulus",
  dataset: "dataset",
  adapter: "adapters",
  "low-rank": "low-rank",
  behavior: "behaviour",
};

const pathWord = (kind: PathKind): string => (kind === "behavior" ? "behaviour" : kind);

const listed = (words: readonly string[]): string =>
  words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;

/** That of the arm with the most paths, trained on the most images. */
function shownModulation(measured: readonly MeasuredArm[]): MeasuredArm["modulation"] {
  const [shown] = [...measured].sort(
    (a, b) => b.modulation.length - a.modulation.length || b.images - a.images,
  );
  return shown?.modulation ?? [];
}
