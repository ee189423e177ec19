import { SingleBar } from "cli-progress";
import type { ProgressReporter } from "../recipes/progress.ts";
import { duration } from "../report/index.ts";

/**
 * Progress on the standard error stream: a bar with rate and time left where a person is watching, else a line at the
 * start and the end of each stretch.
 */
export class ConsoleProgress implements ProgressReporter {
  private bar: SingleBar | undefined;
  private title = "";
  private total = 0;
  private begun = 0;

  begin(title: string, total: number, unit: string): void {
    this.title = title;
    this.total = total;
    this.begun = performance.now();
    if (!process.stderr.isTTY) return;
    const format = `${title.padEnd(22)} {bar} {percentage} %  {rate} ${unit}/s  {left} left  {detail}`;
    this.bar = new SingleBar({
      format,
      stream: process.stderr,
      barsize: 20,
      hideCursor: true,
      clearOnComplete: true,
      fps: 5,
    });
    this.bar.start(total, 0, { rate: "–", left: "–", detail: "" });
  }

  advance(done: number, detail = ""): void {
    const seconds = (performance.now() - this.begun) / 1000;
    const rate = done / Math.max(seconds, 1e-3);
    this.bar?.update(done, {
      rate: Math.round(rate).toLocaleString("en"),
      left: duration((this.total - done) / rate),
      detail,
    });
  }

  end(result = ""): void {
    this.bar?.stop();
    this.bar = undefined;
    process.stderr.write(
      `${this.title.padEnd(22)} ${duration((performance.now() - this.begun) / 1000).padStart(8)}  ${result}\n`,
    );
  }

  note(line: string): void {
    process.stderr.write(`${line}\n`);
  }

  /** Gives the terminal back when work ends early. */
  abandon(): void {
    this.bar?.stop();
    this.bar = undefined;
  }
}
