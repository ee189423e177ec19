import type { RunFolder } from "./run-folder.node.ts";

/** metrics.jsonl: one line for each training step, written with every checkpoint. */
export class MetricsLog {
  private readonly folder: RunFolder;
  private lines: string[];

  private constructor(folder: RunFolder, lines: string[]) {
    this.folder = folder;
    this.lines = lines;
  }

  static async open(folder: RunFolder, keep: boolean): Promise<MetricsLog> {
    const lines = keep && folder.has("metrics.jsonl") ? await folder.readLines("metrics.jsonl") : [];
    return new MetricsLog(folder, lines);
  }

  get count(): number {
    return this.lines.length;
  }

  add(line: object): void {
    this.lines.push(JSON.stringify(line));
  }

  /** Forgets lines that were written after the checkpoint that the run goes on from. */
  truncate(count: number): void {
    this.lines.length = Math.min(count, this.lines.length);
  }

  /** Forgets what a phase wrote that now starts anew. */
  forget(phase: string): void {
    this.lines = this.lines.filter((line) => (JSON.parse(line) as { phase: string }).phase !== phase);
  }

  async write(): Promise<void> {
    await this.folder.write("metrics.jsonl", this.lines.map((line) => `${line}\n`).join(""));
  }
}
