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

/** What was recorded in a session. */
export interface SessionData {
  /** Responses are means over repeats: what models are fitted to. */
  readonly recording: Recording;
  /** Every repeat is a trial, where the repeats are public: what models are scored on. */
  readonly scored: Recording;
}

/** The sessions that are wanted. */
export type Select = (wanted: (session: Session) => boolean) => SessionData[];

/** Pixels along an image's side. */
const side = 48;

/**
 * Reads every session from the public repository's layout. Images are split 80 / 10 / 10 by a seed; an animal is a data
 * set.
 */
export async function readSessions(data: string, progress: ProgressReporter): Promise<Select> {
  const known = new Map<Session, SessionData>();
  for (const each of sessions) {
    const { session, animal } = each;
    const read = async (responses: { responses: string } | { repeats: string }) => {
      const { recording } = await importRecording(
        {
          images: join(data, "images", `images_${session}.zip`),
          ...responses,
          subject: subjectName(each),
          dataset: animal,
          grey: true,
          size: [side, side],
          seed: 1,
        },
        progress,
      );
      return recording;
    };
    const file = `responses_${session}.npy`;
    const recording = await read({ responses: join(data, "responses", file) });
    const hasRepeats = session === "210325";
    const scored = hasRepeats ? await read({ repeats: join(data, "responses_raw", file) }) : recording;
    known.set(each, { recording, scored });
  }
  return (wanted) => sessions.filter(wanted).map((session) => known.get(session)!);
}
