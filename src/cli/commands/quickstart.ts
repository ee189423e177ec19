import type { Command } from "commander";
import { loadDataset } from "../../formats/index.node.ts";
import { quickstart } from "../../recipes/quickstart.node.ts";
import { RunFolder } from "../../recipes/run-folder.node.ts";
import {
  accuracyBySteps,
  figureDocument,
  quickstartText,
  renderQuickstart,
  responseTraces,
} from "../../report/index.ts";
import { type OutputOptions, print, runCommand, wholeNumber } from "../command.ts";

interface Options extends OutputOptions {
  readonly out: string;
  readonly seed: number;
  readonly resume?: boolean;
}

export function addQuickstart(program: Command): void {
  program
    .command("quickstart")
    .description(
      "train on MNIST and convert to a spiking network; fit a model to synthetic V1s and adapt it; write a report",
    )
    .option("--out <folder>", "where to write the run", "runs/quickstart")
    .option("--seed <number>", "seed of everything random", wholeNumber("--seed", 0), 1)
    .option("--resume", "go on with an interrupted run")
    .option("--json", "print the summary as JSON")
    .option("--quiet", "no progress")
    .action((options: Options) =>
      runCommand(options, async ({ progress, signal }) => {
        const folder = await RunFolder.open(options.out);
        const { train, test } = await loadDataset("mnist");
        const settings = { seed: options.seed, progress, signal, resume: options.resume ?? false };
        const report = await quickstart({ train, test }, folder, settings);
        await folder.writeJson("summary.json", report.summary);
        await folder.write("report.html", renderQuickstart(report));
        const { ann, quantized } = report.summary;
        const document = figureDocument();
        const curves = { series: report.accuracyBySteps, float: ann.accuracy, quantized };
        await folder.write("accuracy.svg", accuracyBySteps(curves, { document }));
        const { neuronTraces = [], score, responseUnit } = report.cortex!.responses;
        const traces = { neurons: neuronTraces, score, unit: responseUnit };
        await folder.write("cortex.svg", responseTraces(traces, { document }));
        print(
          options,
          report.summary,
          () => `${quickstartText(report.summary)}\n\nReport: ${folder.file("report.html")}`,
        );
      }),
    );
}
