import { type Command, Option } from "commander";
import { StriateError } from "../../error.ts";
import { writeFileAtomic, writeNirFile } from "../../formats/index.node.ts";
import { spikingGraphOf, unrolledOnnx } from "../../recipes/export.ts";
import { loadAnyModel } from "../../recipes/model-path.node.ts";
import { nirFromSpikingGraph } from "../../spiking/index.ts";
import { type OutputOptions, print, runCommand, wholeNumber } from "../command.ts";

interface Options extends OutputOptions {
  readonly format?: "onnx" | "nir";
  readonly steps?: number;
  readonly batch: number;
  readonly out: string;
}

export function addExport(program: Command): void {
  program
    .command("export")
    .description("write a network for other tools: ONNX with its time steps unrolled, or NIR")
    .argument("<run or model>", "a run folder, or a .safetensors model")
    .requiredOption("--out <file>", "file to write, ending in .onnx or .nir")
    .addOption(new Option("--format <name>", "when the file's name does not say").choices(["onnx", "nir"]))
    .option(
      "--steps <T>",
      "time steps in an ONNX file (default: the network's own)",
      wholeNumber("--steps", 1, 10_000),
    )
    .option("--batch <number>", "images at a time in an ONNX file", wholeNumber("--batch", 1, 10_000), 1)
    .option("--json", "print the result as JSON")
    .action((path: string, options: Options) =>
      runCommand({ ...options, quiet: true }, async () => {
        const format = options.format ?? formatOf(options.out);
        const { model } = await loadAnyModel(path);
        if (format === "onnx") {
          const { bytes, nodes, steps } = unrolledOnnx(model, options);
          await writeFileAtomic(options.out, bytes);
          const result = { file: options.out, format, steps, nodes, bytes: bytes.length };
          print(options, result, () => `${options.out}: ${nodes} nodes, T = ${steps}, ${bytes.length} bytes`);
          return;
        }
        if (options.steps !== undefined)
          throw new StriateError("a NIR file has no number of steps", "Leave --steps out");
        const { nir, warnings } = nirFromSpikingGraph(await spikingGraphOf(model));
        await writeNirFile(options.out, nir);
        for (const warning of warnings) process.stderr.write(`warning: ${warning}\n`);
        const nodes = Object.keys(nir.nodes).length;
        print(
          options,
          { file: options.out, format, nodes, warnings },
          () => `${options.out}: ${nodes} nodes`,
        );
      }),
    );
}

function formatOf(file: string): "onnx" | "nir" {
  if (file.endsWith(".onnx")) return "onnx";
  if (file.endsWith(".nir")) return "nir";
  throw new StriateError(`"${file}" ends neither in .onnx nor in .nir`, "Give --format");
}
