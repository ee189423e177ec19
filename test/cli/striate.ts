import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeIdx } from "../../src/formats/index.ts";
import { Random } from "../../src/runtime/random.ts";

export const root = fileURLToPath(new URL("../..", import.meta.url));
const program = join(root, "bin/striate.js");

export interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Starts the command line as a person would, without waiting for it. */
export function start(args: string[], cwd = root): { child: ChildProcess; outcome: Promise<Outcome> } {
  const child = spawn(process.execPath, [program, ...args], { cwd, stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  child.stdout!.on("data", (chunk) => (stdout += chunk));
  child.stderr!.on("data", (chunk) => (stderr += chunk));
  const outcome = new Promise<Outcome>((resolve) =>
    child.on("close", (code) => resolve({ code, stdout, stderr })),
  );
  return { child, outcome };
}

export const striate = (...args: string[]): Promise<Outcome> => start(args).outcome;

/** A folder for one test file, removed when the process ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "striate-cli-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Four classes of 12 × 12 images that a tiny network learns in an epoch: a bright quadrant on noise. */
export function writeQuadrants(folder: string, train = 512, test = 128): void {
  mkdirSync(folder, { recursive: true });
  const random = new Random(5);
  for (const [name, count] of [
    ["train", train],
    ["t10k", test],
  ] as const) {
    const images = new Uint8Array(count * 144);
    const labels = new Uint8Array(count);
    for (let i = 0; i < count; i++) {
      const label = random.integer(4);
      labels[i] = label;
      for (let y = 0; y < 12; y++) {
        for (let x = 0; x < 12; x++) {
          const bright = Number(y >= 6) * 2 + Number(x >= 6) === label;
          images[i * 144 + y * 12 + x] = random.integer(100) + (bright ? 120 : 0);
        }
      }
    }
    writeFileSync(
      join(folder, `${name}-images-idx3-ubyte`),
      writeIdx({ shape: [count, 12, 12], dtype: "uint8", data: images }),
    );
    writeFileSync(
      join(folder, `${name}-labels-idx1-ubyte`),
      writeIdx({ shape: [count], dtype: "uint8", data: labels }),
    );
  }
}

/** A configuration for the quadrants: a small network, float then 3 bits. */
export const quadrantConfiguration = (data: string, epochs = 2) => ({
  name: "quadrants",
  data: `idx:${data}`,
  batchSize: 16,
  validationImages: 64,
  patience: 5,
  architecture: {
    input: { channels: 1, height: 12, width: 12 },
    layers: [
      { type: "conv", channels: 16, kernel: 3, stride: 2 },
      { type: "norm" },
      { type: "activation" },
      { type: "dropout", rate: 0.1 },
      { type: "conv", channels: 16, kernel: 3, stride: 2 },
      { type: "norm" },
      { type: "activation" },
      { type: "globalAveragePool" },
      { type: "linear", features: 4 },
    ],
  },
  augmentation: { shift: 1 },
  float: { epochs, learningRate: 0.1 },
  quantized: { phases: [{ bits: 3, epochs, learningRate: 0.03 }] },
});
