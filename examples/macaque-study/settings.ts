import type { AdaptationArm } from "../../src/cortex/adaptation.ts";
import { adaptationTraining } from "../../src/cortex/presets.ts";
import type { ResponseModel } from "../../src/cortex/response-model.ts";
import type { Recording } from "../../src/formats/recording.ts";
import { adaptModel, nameOfArm } from "../../src/recipes/adapt.node.ts";
import type { ProgressReporter } from "../../src/recipes/progress.ts";
import { scoreRecording } from "../../src/recipes/score-responses.ts";
import { fittedModel } from "./models.ts";
import type { Pieces } from "./pieces.ts";
import { differenceOf, estimateText, meanOf, type SessionScores, sessionScores } from "./scores.ts";
import { type Select, sessions, subjectName } from "./sessions.ts";

/** What the arms are: AVM's paths, what they are measured against, and their limits from below and above. */
const arms: readonly AdaptationArm[] = [
  { train: "readout" },
  { train: "paths", paths: ["subject"] },
  { train: "paths", paths: ["stimulus"] },
  { train: "paths", paths: ["dataset"] },
  { train: "paths", paths: ["subject", "stimulus", "dataset"] },
  { train: "paths", paths: ["adapter"] },
  { train: "paths", paths: ["low-rank"] },
  { train: "all" },
  { train: "scratch" },
];

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

/** The three settings: other stimuli, other animals, and every session in turn left out. */
export async function measureSettings(
  pieces: Pieces,
  of: Select,
  progress: ProgressReporter,
): Promise<SettingScores[]> {
  const isNaturalPe = ({ animal, stimuli }: (typeof sessions)[number]) =>
    animal === "PE" && stimuli === "natural";
  const base = await fittedModel(pieces, "PE-natural", of(isNaturalPe), progress);
  const synthetic = of(({ stimuli }) => stimuli === "synthetic");
  const otherAnimals = of(({ animal }) => animal !== "PE");
  const measure = (name: string, model: ResponseModel, recordings: readonly Recording[], counts: Count[]) =>
    measureSetting(pieces, name, model, recordings, counts, progress);
  const counts: Count[] = [16, 64, 256, "all"];
  const stimulus = await measure("stimulus", base, synthetic, counts);
  const subject = await measure("subject", base, otherAnimals, counts);
  const leftOut: ArmScores[][] = [];
  for (const session of sessions) {
    const others = of((each) => each !== session);
    const model = await fittedModel(pieces, `without-${subjectName(session)}`, others, progress);
    leftOut.push(
      await measure(
        `without-${subjectName(session)}`,
        model,
        of((each) => each === session),
        [64, "all"],
      ),
    );
  }
  return [
    { name: "Other stimuli: PE natural → PE synthetic (210325)", measured: stimulus },
    { name: "Other animals: PE natural → WE and RA", measured: subject },
    { name: "Each session left out in turn, adapted to from the five others", measured: pooled(leftOut) },
  ];
}

/** Trains every arm from `base` on every number of images of `recordings`, and scores it on their test images. */
async function measureSetting(
  pieces: Pieces,
  name: string,
  base: ResponseModel,
  recordings: readonly Recording[],
  counts: readonly Count[],
  progress: ProgressReporter,
): Promise<ArmScores[]> {
  const measured: ArmScores[] = [];
  for (const images of counts) {
    for (const arm of arms) {
      const result = await pieces.get(
        `${name}-${nameOfArm(arm)}-${images}`,
        async (folder): Promise<ArmScores> => {
          const count = images === "all" ? undefined : images;
          const configuration = { arm, images: count, training: adaptationTraining, seed: 1 };
          const options = { progress, resume: true };
          const adapted = await adaptModel(base, recordings, configuration, folder, options);
          const scores: SessionScores[] = [];
          for (const recording of recordings)
            scores.push(sessionScores(await scoreRecording(adapted.model, recording)));
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
    measured.find((one) => nameOfArm(one.arm) === arm && one.images === images)!;
  const most = counts.at(-1)!;
  const hasFeve = meanOf(measured[0]!.scores, "feve") !== undefined;
  const rows = names.map((arm) => {
    const last = find(arm, most);
    const gain =
      arm === "readout" ? "–" : estimateText(differenceOf(last.scores, find("readout", most).scores));
    return [
      arm,
      last.trainableParameters.toLocaleString("en"),
      ...counts.map((images) => estimateText(meanOf(find(arm, images).scores))),
      gain,
      ...(hasFeve ? [estimateText(meanOf(last.scores, "feve"))] : []),
    ];
  });
  const head = [
    "arm",
    "trained values",
    ...counts.map((images) => (images === "all" ? "all images" : `${images} images`)),
    `more than readout, ${most === "all" ? "all images" : `${most} images`}`,
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
