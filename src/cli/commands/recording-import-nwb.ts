import type { Command } from "commander";
import { StriateError } from "../../error.ts";
import { numberList } from "../command.ts";

/** Options of `striate recording import` that only a file of Neurodata Without Borders takes. */
export interface NwbChoices {
  readonly trials?: string;
  readonly stimulus?: string;
  readonly window?: readonly [begin: number, end: number];
  readonly onsetColumn?: string;
  readonly stimulusColumn?: string;
  readonly tierColumn?: string;
}

const forNwb = ["trials", "stimulus", "window", "onsetColumn", "stimulusColumn", "tierColumn"] as const;
const forArrays = ["repeats", "behavior", "pupil", "coordinates", "tiers", "orientation"] as const;

export function addNwbOptions(command: Command): Command {
  return command
    .argument(
      "[file.nwb]",
      "Neurodata Without Borders; --responses is then units or the name of a RoiResponseSeries, --images the stimuli that are not in the file",
    )
    .option("--trials <name>", "NWB: table whose rows are trials, or series each of whose pictures is one")
    .option("--stimulus <name>", "NWB: series that shows the stimuli, or the images to which a column refers")
    .option(
      "--window <begin,end>",
      "NWB: seconds after the onset in which responses are counted (--window=-0.1,0.2 where it begins before)",
      timeWindow,
    )
    .option("--onset-column <name>", "NWB: column with the time at which the stimulus comes")
    .option("--stimulus-column <name>", "NWB: column that names the stimulus")
    .option("--tier-column <name>", "NWB: column with the tier");
}

/** @throws StriateError for options that the source, an NWB file or arrays, does not take. */
export function checkSource(
  file: string | undefined,
  options: NwbChoices & Partial<Record<(typeof forArrays)[number], unknown>>,
): void {
  const wrong = (file === undefined ? forNwb : forArrays).find((option) => options[option] !== undefined);
  if (wrong === undefined) return;
  const option = `--${wrong.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  throw file === undefined
    ? new StriateError(
        `${option} is for NWB files, and none is given`,
        "Give the file, or leave the option out",
      )
    : new StriateError(`${option} is not for NWB files`, "Leave it out");
}

function timeWindow(text: string): readonly [number, number] {
  const [begin, end, ...more] = numberList("--window")(text);
  if (begin !== undefined && end !== undefined && more.length === 0) return [begin, end];
  throw new StriateError(
    `--window must be two times, given "${text}"`,
    "Give seconds after the onset such as 0.05,0.25",
  );
}
