/**
 * All three settings of AVM on the macaque V4 recordings of Cowley et al. (2023):
 *
 *     node dist/examples/macaque-study/main.js <folder of the data> [runs/macaque-study]
 *
 * It writes one JSON file for each model and arm, so that it goes on where it was stopped, then report.html and
 * tables.md, and prints the tables.
 */
import "striate/node";
import { ConsoleProgress } from "../../src/cli/console-progress.ts";
import type { Recording } from "../../src/formats/recording.ts";
import { measureModels, modelTable } from "./models.ts";
import { Pieces } from "./pieces.ts";
import { studyReport } from "./report.ts";
import { readSessions, sessions, subjectName } from "./sessions.ts";
import { armTable, measureSettings } from "./settings.ts";

const [data, out = "runs/macaque-study"] = process.argv.slice(2);
if (data === undefined) {
  console.error("node dist/examples/macaque-study/main.js <folder of the data> [folder of the run]");
  process.exit(2);
}
const begun = performance.now();
const progress = new ConsoleProgress();
const recordings = await readSessions(data, progress);
const of = (wanted: (session: (typeof sessions)[number]) => boolean): Recording[] =>
  sessions.filter(wanted).map((session) => recordings.get(subjectName(session))!);
const pieces = await Pieces.open(out);
const models = await measureModels(pieces, of, progress);
const settings = await measureSettings(pieces, of, progress);
const tables = [modelTable(models), ...settings.map(armTable)].join("\n\n");
await pieces.folder.write("tables.md", `${tables}\n`);
await pieces.folder.write("report.html", studyReport(settings, (performance.now() - begun) / 1000));
console.log(tables);
