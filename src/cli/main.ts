import "../runtime/node.ts";
import { Command, CommanderError } from "commander";
import { STRIATE_VERSION } from "../recipes/run-description.node.ts";
import { reportError } from "./command.ts";
import { addAdapt } from "./commands/adapt.ts";
import { addConvert } from "./commands/convert.ts";
import { addEval } from "./commands/eval.ts";
import { addExport } from "./commands/export.ts";
import { addFit } from "./commands/fit.ts";
import { addInfo } from "./commands/info.ts";
import { addQuickstart } from "./commands/quickstart.ts";
import { addRecording } from "./commands/recording.ts";
import { addScore } from "./commands/score.ts";
import { addStream } from "./commands/stream.ts";
import { addTrain } from "./commands/train.ts";

const program = new Command("striate")
  .description("Spiking and cortical vision: train, convert, run and measure spiking networks")
  .version(STRIATE_VERSION)
  .showHelpAfterError("(add --help for the options)")
  .showSuggestionAfterError();
for (const add of [
  addQuickstart,
  addTrain,
  addConvert,
  addEval,
  addStream,
  addExport,
  addRecording,
  addFit,
  addScore,
  addAdapt,
  addInfo,
])
  add(program);

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode;
  else {
    reportError(error);
    process.exitCode = 2;
  }
}
