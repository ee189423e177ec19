import { type Command, Option } from "commander";
import { type StimulusKind, stimulusKinds } from "../../cortex/synthetic/stimuli.ts";
import { synthesizeRecordings } from "../../recipes/synthesize.node.ts";
import { count, significant, textTable } from "../../report/index.ts";
import { type OutputOptions, print, runCommand, wholeNumber } from "../command.ts";
import { imageSize } from "./recording-import.ts";

interface Options extends OutputOptions {
  readonly subjects: number;
  readonly neurons: number;
  readonly images: number;
  readonly seed: number;
  readonly size: [number, number];
  readonly stimuli: StimulusKind;
  readonly dataset: string;
  readonly out: string;
  readonly force?: boolean;
}

export function addSynthesize(recording: Command): void {
  recording
    .command("synthesize")
    .description(
      "make recordings of synthetic V1s, whose noise-free responses are known, without any download",
    )
    .option("--subjects <number>", "animals; each gets a folder", wholeNumber("--subjects"), 3)
    .option("--neurons <number>", "neurons of each", wholeNumber("--neurons"), 300)
    .option("--images <number>", "distinct images that each sees", wholeNumber("--images", 30), 2000)
    .option("--seed <number>", "seed of everything random", wholeNumber("--seed", 0), 1)
    .option("--size <HxW>", "height and width of the images, pixels", imageSize("--size"), [36, 64])
    .addOption(
      new Option("--stimuli <kind>", "what the animals see; the same seed gives the same animals")
        .choices(stimulusKinds)
        .default("dead-leaves"),
    )
    .option("--dataset <name>", "name of the data set that they share", "synthetic-v1")
    .requiredOption("--out <folder>", "folder to write into")
    .option("--force", "replace recordings that are there")
    .option("--json", "print the result as JSON")
    .option("--quiet", "no progress")
    .action((options: Options) =>
      runCommand(options, async ({ progress, signal }) => {
        const { size, json, quiet, ...rest } = options;
        const [height, width] = size;
        const recordings = await synthesizeRecordings({ ...rest, height, width }, progress, signal);
        print({ json }, { out: options.out, dataset: options.dataset, recordings }, () =>
          textTable(recordings, [
            { header: "subject", cell: ({ subject }) => subject },
            { header: "neurons", cell: ({ neurons }) => count(neurons), align: "right" },
            { header: "images", cell: ({ images }) => count(images), align: "right" },
            { header: "trials", cell: ({ trials }) => count(trials), align: "right" },
            { header: "spikes a trial", cell: ({ rate }) => significant(rate), align: "right" },
            { header: "ceiling", cell: ({ ceiling }) => significant(ceiling), align: "right" },
            { header: "reliability", cell: ({ reliability }) => significant(reliability), align: "right" },
          ]),
        );
      }),
    );
}
