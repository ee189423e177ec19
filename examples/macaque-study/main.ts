/**
 * All three settings of AVM on the macaque V4 recordings of Cowley et al. (2023):
 *
 *     node dist/examples/macaque-study/main.js <folder of the data> [runs/macaque-study] [part …]
 *
 * It writes one JSON file for each model and arm, so that it goes on where it was stopped, then report.html, tables.md
 * and a picture of each setting, and prints the tables. With parts (models, stimuli, animals, sessions) it computes the
 * files of these alone: several processes may share the work so, each with a part of its own.
 */
import "striate/node";
import { ConsoleProgress } from "../../src/cli/console-progress.ts";
import { measureModels, modelTable } from "./models.ts";
import { Pieces } from "./pieces.ts";
import { curveOf, studyReport } from "./report.ts";
import { readSessions } from "./sessions.ts";
import { armTable, measureAnimals, measureSessions, measureStimuli } from "./settings.ts";

const parts = {
  models: measureModels,
  stimuli: measureStimuli,
  animals: measureAnimals,
  sessions: measureSessions,
};
const isPart = (name: string): name is keyof typeof parts => Object.hasOwn(parts, name);

const [data, out = "runs/macaque-study", ...only] = process.argv.slice(2);
if (data === undefined || !only.every(isPart)) {
  console.error(
    `node dist/examples/macaque-study/main.js <folder of the data> [folder of the run] [${Object.keys(parts).join(" | ")}] …`,
  );
  process.exit(2);
}
const begun = performance.now();
const progress = new ConsoleProgress();
const of = await readSessions(data, progress);
const pieces = await Pieces.open(out);
for (const part of only.filter(isPart)) await parts[part](pieces, of, progress);
if (only.length === 0) {
  const models = await measureModels(pieces, of, progress);
  const [stimuli, animals, apart] = [
    await measureStimuli(pieces, of, progress),
    await measureAnimals(pieces, of, progress),
    await measureSessions(pieces, of, progress),
  ];
  const settings = [stimuli, animals, apart];
  const tables = [modelTable(models), ...settings.map(armTable)].join("\n\n");
  await pieces.folder.write("tables.md", `${tables}\n`);
  await pieces.folder.write("report.html", studyReport(settings, (performance.now() - begun) / 1000));
  for (const [name, setting] of Object.entries({ stimuli, animals, sessions: apart }))
    await pieces.folder.write(`${name}.svg`, curveOf(setting));
  console.log(tables);
}
