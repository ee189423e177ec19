import { nameOfArm } from "../../src/recipes/adapt.node.ts";
import { methodOf } from "../../src/recipes/adaptation-report.ts";
import { peakMemoryMegabytes, provenance } from "../../src/recipes/run-description.node.ts";
import {
  type AdaptationArm,
  type AdaptationSetting,
  adaptationCurve,
  adaptationReport,
  figureDocument,
} from "../../src/report/index.ts";
import { meanOf, type SessionScores } from "./scores.ts";
import type { ArmScores, SettingScores } from "./settings.ts";

/** The study as one HTML page. */
export function studyReport(settings: readonly SettingScores[], seconds: number): string {
  return adaptationReport({
    run: "study",
    model: "v1t-small",
    data: "six sessions of macaque V4, three animals (Cowley et al., 2023)",
    score: "correlation",
    settings: settings.map(reportedSetting),
    comparedAt: 64,
    configuration: [
      ["split", "80 / 10 / 10 % of the images, seed 1"],
      ["images", "grey, 48 × 48 pixels"],
    ],
    notes: [
      "Models are fitted to responses averaged over repeats. Scores are correlations with such averages, except in 210325, where every repeat is a trial.",
      "Images of 210325 show the same objects and backgrounds several times: a random split puts some of them on both sides.",
    ],
    provenance: provenance(1),
    seconds: { total: seconds },
    peakMemoryMB: peakMemoryMegabytes(),
  });
}

/** The correlation of each arm against the number of images, as a picture of its own. */
export const curveOf = (setting: SettingScores): string =>
  adaptationCurve(
    { setting: reportedSetting(setting), score: "correlation", title: setting.name },
    { document: figureDocument() },
  );

function reportedSetting({ name, measured }: SettingScores): AdaptationSetting {
  const sessions = measured[0]!.scores;
  const images = (scores: readonly SessionScores[]) =>
    scores.reduce((total, { images }) => total + images, 0);
  const ceiling = meanOf(sessions, "oracle");
  const names = [...new Set(measured.map(({ arm }) => nameOfArm(arm)))];
  const all = Math.max(...sessions.map(({ trainingImages }) => trainingImages));
  return {
    name,
    allImages: all,
    neurons: sessions.reduce((total, { correlation }) => total + correlation.length, 0),
    testImages: images(sessions),
    ...(ceiling && { ceiling }),
    arms: names.map((arm) =>
      reportedArm(
        measured.filter((one) => nameOfArm(one.arm) === arm),
        all,
      ),
    ),
  };
}

const reportedArm = (points: readonly ArmScores[], all: number): AdaptationArm => ({
  method: methodOf(points[0]!.arm),
  trainableParameters: points.at(-1)!.trainableParameters,
  points: points.map(({ images, scores }) => ({
    images: images === "all" ? all : images,
    metrics: { correlation: meanOf(scores)! },
  })),
});
