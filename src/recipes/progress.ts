/** How long work tells that it goes on; a command line draws a bar from it. */
export interface ProgressReporter {
  /** A stretch of work begins, of `total` units such as "images". */
  begin(title: string, total: number, unit: string): void;
  /** `done` units are done; `detail` is a short text such as the loss. */
  advance(done: number, detail?: string): void;
  /** The stretch is over; `result` is a short text. */
  end(result?: string): void;
  /** A line that stays. */
  note(line: string): void;
}

/** Says nothing. */
export const silent: ProgressReporter = { begin() {}, advance() {}, end() {}, note() {} };

/** Reports as `progress` does, and collects the notes. */
export function collectingNotes(progress: ProgressReporter, notes: string[]): ProgressReporter {
  return {
    begin: (title, total, unit) => progress.begin(title, total, unit),
    advance: (done, detail) => progress.advance(done, detail),
    end: (result) => progress.end(result),
    note(line) {
      notes.push(line);
      progress.note(line);
    },
  };
}
