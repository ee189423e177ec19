import type { Command } from "commander";
import { addRecordingImport } from "./recording-import.ts";
import { addSynthesize } from "./recording-synthesize.ts";

export function addRecording(program: Command): void {
  const recording = program.command("recording").description("make recordings of neural responses to images");
  addRecordingImport(recording);
  addSynthesize(recording);
}
