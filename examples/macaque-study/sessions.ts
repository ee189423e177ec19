import { join } from "node:path";
import type { Recording } from "../../src/formats/recording.ts";
import { importRecording } from "../../src/recipes/import-recording.node.ts";
import type { ProgressReporter } from "../../src/recipes/progress.ts";

/** The sessions of Cowley et al. (2023) that were kept for tests: three animals, V4. */
export const sessions = [
  { session: "201025", animal: "PE", stimuli: "natural" },
  { session: "210225", animal: "PE", stimuli: "natural" },
  { session: "210325", animal: "PE", stimuli: "synthetic" },
  { session: "190923", animal: "WE", stimuli: "natural" },
  { session: "190929", animal: "WE", stimuli: "natural" },
  { session: "210621", animal: "RA", stimuli: "natural" },
] as const;

export type Session = (typeof sessions)[number];

export const subjectName = ({ animal, session }: Session): string => `${animal}-${session}`;

/** The recordings of the sessions that are wanted. */
export type Select = (wanted: (session: Session) => boolean) => Recording[];

/** Pixels along an image's side. */
const side = 48;

/**
 * Reads every session from the public repository's layout. Responses are means over repeats, except of 210325, whose
 * repeats are all there. Images are split 80 / 10 / 10 by a seed; an animal is a data set.
 */
export async function readSessions(
  data: string,
  progress: ProgressReporter,
): Promise<Map<string, Recording>> {
  const recordings = new Map<string, Recording>();
  for (const each of sessions) {
    const { session, animal } = each;
    const hasRepeats = session === "210325";
    const { recording } = await importRecording(
      {
        images: join(data, "images", `images_${session}.zip`),
        ...(hasRepeats
          ? { repeats: join(data, "responses_raw", `responses_${session}.npy`) }
          : { responses: join(data, "responses", `responses_${session}.npy`) }),
        subject: subjectName(each),
        dataset: animal,
        grey: true,
        size: [side, side],
        seed: 1,
      },
      progress,
    );
    recordings.set(recording.subject, recording);
  }
  return recordings;
}
