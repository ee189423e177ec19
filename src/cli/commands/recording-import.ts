import { type Command, Option } from "commander";
import { StriateError } from "../../error.ts";
import { tiers } from "../../formats/recording.ts";
import { writeSensorium } from "../../formats/sensorium.node.ts";
import type { Orientation } from "../../formats/trials-from-arrays.ts";
import { importNwb } from "../../recipes/import-nwb.node.ts";
import { importRecording } from "../../recipes/import-recording.node.ts";
import type { ProgressReporter } from "../../recipes/progress.ts";
import { stretch } from "../../recipes/stretch.ts";
import { numberList, type OutputOptions, print, runCommand, wholeNumber } from "../command.ts";
import { addNwbOptions, checkSource, type NwbChoices } from "./recording-import-nwb.ts";

interface Options extends OutputOptions, NwbChoices {
  readonly images?: string;
  readonly responses?: string;
  readonly repeats?: string;
  readonly behavior?: string;
  readonly pupil?: string;
  readonly coordinates?: string;
  readonly tiers?: string;
  readonly orientation?: Orientation;
  readonly split: readonly number[];
  readonly seed: number;
  readonly grey?: boolean;
  readonly size?: [number, number];
  readonly dataset?: string;
  readonly subject?: string;
  readonly out: string;
  readonly force?: boolean;
}

export function addRecordingImport(recording: Command): void {
  const command = recording
    .command("import")
    .description(
      "make a recording, in the layout of Sensorium 2022, of images and an array of responses, or of an NWB file",
    );
  addNwbOptions(command)
    .option(
      "--images <path>",
      "folder or zip archive of image files, in the order of their names, or a .npy array",
    )
    .option(
      "--responses <file>",
      ".npy, .npz or .csv: (neurons, images) or (images, neurons); an .npz may hold images, repeats, behavior, … too",
    )
    .option(
      "--repeats <file>",
      ".npy: (neurons, images, repeats) or (images, repeats, neurons), NaN where a repeat was not shown",
    )
    .addOption(
      new Option(
        "--orientation <which>",
        "which axis of the responses comes first, where the number of images does not tell",
      ).choices(["neurons-first", "images-first"]),
    )
    .option(
      "--behavior <file>",
      ".npy: (images, 3), or with --repeats (images, repeats, 3): pupil size, its change, speed",
    )
    .option(
      "--pupil <file>",
      ".npy: (images, 2), or with --repeats (images, repeats, 2): centre of the pupil",
    )
    .option("--coordinates <file>", ".npy: (neurons, 3), micrometres")
    .option("--tiers <file>", `.npy, .csv or .txt: for each image one of ${tiers.join(", ")}`)
    .option(
      "--split <shares>",
      "shares of train, validation and test images, drawn at random",
      numberList("--split"),
      [80, 10, 10],
    )
    .option("--seed <number>", "seed of the split", wholeNumber("--seed", 0), 1)
    .option("--grey", "turn colour images into luminance")
    .option("--size <HxW>", "bring images to this height and width", imageSize("--size"))
    .option("--dataset <name>", "what recordings of one laboratory or experiment share")
    .option("--subject <name>", "the animal, with the session where that matters; an NWB file may say it")
    .requiredOption("--out <folder>", "folder to write")
    .option("--force", "replace a recording that is there")
    .option("--quiet", "no progress")
    .option("--json", "print the result as JSON")
    .action((file: string | undefined, options: Options) =>
      runCommand(options, ({ progress }) => runImport(file, options, progress)),
    );
}

async function runImport(
  file: string | undefined,
  options: Options,
  progress: ProgressReporter,
): Promise<void> {
  const [train, validation, test, ...more] = options.split;
  if (train === undefined || validation === undefined || test === undefined || more.length > 0)
    throw new StriateError(
      `--split must be three numbers, given "${options.split.join(",")}"`,
      "Give the shares of train, validation and test, such as 80,10,10",
    );
  const shares = { train, validation, test };
  checkSource(file, options);
  const { recording, about, notes } =
    file === undefined
      ? await importRecording({ ...options, subject: requireSubject(options), shares }, progress)
      : await importNwb(file, { ...options, shares });
  for (const note of notes) progress.note(note);
  const writing = stretch(progress, "writing", "files");
  await writeSensorium(recording, options.out, { force: options.force, about, progress: writing.step });
  writing.end(options.out);
  const { subject, dataset, neurons, trials, stimuli } = recording;
  const perTier = Object.fromEntries(
    tiers.map((tier) => [tier, recording.tierOf.filter((each) => each === tier).length]),
  );
  const size = [stimuli.channels, stimuli.height, stimuli.width];
  const result = {
    out: options.out,
    subject,
    dataset,
    neurons,
    trials,
    stimuli: stimuli.count,
    size,
    tiers: perTier,
    notes,
  };
  print(options, result, () =>
    [
      `${subject}: ${neurons} neurons, ${trials} trials of ${stimuli.count} images of ${size.join(" × ")}`,
      Object.entries(perTier)
        .filter(([, count]) => count > 0)
        .map(([tier, count]) => `${tier} ${count}`)
        .join(", "),
      `Recording: ${options.out}`,
    ].join("\n"),
  );
}

function requireSubject({ subject }: Options): string {
  if (subject !== undefined) return subject;
  throw new StriateError("--subject is missing", "Name the animal, with the session where that matters");
}

/** Height and width from an option, such as 36x64. */
export function imageSize(option: string): (text: string) => [number, number] {
  return (text) => {
    const match = /^(\d{1,4})[x×](\d{1,4})$/i.exec(text);
    const size = [Number(match?.[1]), Number(match?.[2])] as [number, number];
    if (size.every((side) => side > 0)) return size;
    throw new StriateError(`${option} must be a height and a width such as 36x64, given "${text}"`);
  };
}
