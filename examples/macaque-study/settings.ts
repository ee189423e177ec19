import type { AdaptationArm } from "../../src/cortex/adaptation.ts";
import type { PathKind } from "../../src/cortex/paths/path.ts";
import { adaptationTraining } from "../../src/cortex/presets.ts";
import type { ResponseModel } from "../../src/cortex/response-model.ts";
import { adaptModel, nameOfArm } from "../../src/recipes/adapt.node.ts";
import type { ProgressReporter } from "../../src/recipes/progress.ts";
import { fittedModel } from "./models.ts";
import type { Pieces } from "./pieces.ts";
import { differenceOf, estimateText, meanOf, type SessionScores, scoreSessions } from "./scores.ts";
import { type Select, type SessionData, sessions, subjectName } from "./sessions.ts";

const readout: AdaptationArm = { train: "readout" };
const full: AdaptationArm = { train: "all" };
const scratch: AdaptationArm = { train: "scratch" };
const paths = (...kinds: PathKind[]): AdaptationArm => ({ train: "paths", paths: kinds });

type Count = number | "all";

/** One arm after training on some number of images of each session. */
export interface ArmScores {
  readonly arm: AdaptationArm;
  readonly images: Count;
  readonly trainableParameters: number;
  readonly scores: readonly SessionScores[];
}

export interface SettingScores {
  readonly name: string;
  readonly measured: readonly ArmScores[];
}

interface Setting {
  /** What its files are called. */
  readonly key: string;
  readonly chosen: readonly SessionData[];
  readonly counts: readonly Count[];
  readonly arms: readonly AdaptationArm[];
  /** Other ways of adapting, measured on 64 images alone. */
  readonly beside?: readonly AdaptationArm[];
}

/** Of one animal or one session alone, whose dataset path would be a subject path under another name. */
const ofOne = [readout, paths("subject"), paths("stimulus"), paths("subject", "stimulus"), full, scratch];
const ofAnimals = [
  readout,
  paths("subject"),
  paths("stimulus"),
  paths("dataset"),
  paths("subject", "stimulus", "dataset"),
  full,
  scratch,
];
const ofSessions = [readout, paths("subject"), paths("subject", "stimulus"), full, scratch];
const counts: readonly Count[] = [16, 64, 256, "all"];
const beside = [paths("adapter"), paths("low-rank")];

/** PE's natural images → its synthetic ones. */
export async function measureStimuli(
  pieces: Pieces,
  of: Select,
  progress: ProgressReporter,
): Promise<SettingScores> {
  const base = await naturalPe(pieces, of, progress);
  const chosen = of(({ stimuli }) => stimuli === "synthetic");
  const setting = { key: "stimulus", chosen, counts, arms: ofOne, beside };
  return {
    name: "Other stimuli: PE natural → PE synthetic (210325)",
    measured: await measureSetting(pieces, setting, base, progress),
  };
}

/** PE → WE and RA. */
export async function measureAnimals(
  pieces: Pieces,
  of: Select,
  progress: ProgressReporter,
): Promise<SettingScores> {
  const base = await naturalPe(pieces, of, progress);
  const chosen = of(({ animal }) => animal !== "PE");
  const setting = { key: "subject", chosen, counts, arms: ofAnimals, beside };
  return {
    name: "Other animals: PE natural → WE and RA",
    measured: await measureSetting(pieces, setting, base, progress),
  };
}

const naturalPe = (pieces: Pieces, of: Select, progress: ProgressReporter): Promise<ResponseModel> =>
  fittedModel(
    pieces,
    "PE-natural",
    of(({ animal, stimuli }) => animal === "PE" && stimuli === "natural"),
    progress,
  );

/** Every session in turn, from a core fitted to the five others. */
export async function measureSessions(
  pieces: Pieces,
  of: Select,
  progress: ProgressReporter,
): Promise<SettingScores> {
  const measured: ArmScores[][] = [];
  for (const session of sessions) {
    const key = `without-${subjectName(session)}`;
    const others = of((each) => each !== session);
    const base = await fittedModel(pieces, key, others, progress);
    const chosen = of((each) => each === session);
    const setting = { key, chosen, counts: [64, "all"] as const, arms: ofSessions };
    measured.push(await measureSetting(pieces, setting, base, progress));
  }
  return {
    name: "Each session left out in turn, adapted to from the five others",
    measured: pooled(measured),
  };
}

/** Trains every arm from `base` on every number of images of the recordings, and scores it on their test images. */
async function measureSetting(
  pieces: Pieces,
  { key, chosen, counts, arms, beside = [] }: Setting,
  base: ResponseModel,
  progress: ProgressReporter,
): Promise<ArmScores[]> {
  const measured: ArmScores[] = [];
  for (const images of counts) {
    for (const arm of images === 64 ? [...arms, ...beside] : arms) {
      const result = await pieces.get(
        `${key}-${nameOfArm(arm)}-${images}`,
        async (folder): Promise<ArmScores> => {
          const count = images === "all" ? undefined : images;
          const configuration = { arm, images: count, training: adaptationTraining, seed: 1 };
          const options = { progress, resume: true };
          const recordings = chosen.map(({ recording }) => recording);
          const adapted = await adaptModel(base, recordings, configuration, folder, options);
          const scores = await scoreSessions(adapted.model, chosen);
          return { arm, images, trainableParameters: adapted.trainableParameters, scores };
        },
      );
      measured.push(result);
    }
  }
  return measured;
}

/** The same arms of several sessions as one: their neurons together, their mean number of parameters. */
const pooled = (settings: readonly ArmScores[][]): ArmScores[] =>
  settings[0]!.map((first, i) => ({
    ...first,
    trainableParameters: Math.round(
      settings.reduce((total, arms) => total + arms[i]!.trainableParameters, 0) / settings.length,
    ),
    scores: settings.flatMap((arms) => arms[i]!.scores),
  }));

/** Mean test correlation of every arm by number of images, and what it gains over the readout alone. */
export function armTable({ name, measured }: SettingScores): string {
  const counts = [...new Set(measured.map(({ images }) => images))];
  const names = [...new Set(measured.map(({ arm }) => nameOfArm(arm)))];
  const find = (arm: string, images: Count) =>
    measured.find((one) => nameOfArm(one.arm) === arm && one.images === images);
  const gain = (arm: string, images: Count) => {
    const [own, alone] = [find(arm, images), find("readout", images)!];
    return own === undefined || own === alone ? "–" : estimateText(differenceOf(own.scores, alone.scores));
  };
  const compared = counts.filter((images) => images === 64 || images === "all");
  const hasFeve = meanOf(measured[0]!.scores, "feve") !== undefined;
  const rows = names.map((arm) => [
    arm,
    measured.find((one) => nameOfArm(one.arm) === arm)!.trainableParameters.toLocaleString("en"),
    ...counts.map((images) => estimateText(meanOf(find(arm, images)?.scores ?? []))),
    ...compared.map((images) => gain(arm, images)),
    ...(hasFeve ? [estimateText(meanOf(find(arm, "all")?.scores ?? [], "feve"))] : []),
  ]);
  const inWords = (images: Count) => (images === "all" ? "all images" : `${images} images`);
  const head = [
    "arm",
    "trained values",
    ...counts.map(inWords),
    ...compared.map((images) => `more than readout, ${inWords(images)}`),
    ...(hasFeve ? ["FEVE, all images"] : []),
  ];
  const oracle = meanOf(measured[0]!.scores, "oracle");
  return [
    `**${name}**${oracle ? ` (oracle ${estimateText(oracle)})` : ""}`,
    "",
    `| ${head.join(" | ")} |`,
    `|${" --- |".repeat(head.length)}`,
    ...rows.map((cells) => `| ${cells.join(" | ")} |`),
  ].join("\n");
}
