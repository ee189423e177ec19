import type { ProgressReporter } from "./progress.ts";

/** A stretch of work whose length is known with its first step, and that is not worth a line when it is quick. */
export interface Stretch {
  step(done: number, total: number): void;
  /** Ends the stretch if it was shown. */
  end(result?: string): void;
}

/** @param quick milliseconds for which nothing is reported. */
export function stretch(progress: ProgressReporter, title: string, unit: string, quick = 500): Stretch {
  const begun = performance.now();
  let isShown = false;
  return {
    step(done, total) {
      if (!isShown && performance.now() - begun < quick) return;
      if (!isShown) progress.begin(title, total, unit);
      isShown = true;
      progress.advance(done);
    },
    end(result) {
      if (isShown) progress.end(result);
    },
  };
}
