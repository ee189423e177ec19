import { type Command, Option } from "commander";
import { briefFineTuning, retrainingDefaults } from "../../recipes/quantize.node.ts";
import { numberBetween, numberList, runCommand, wholeNumber } from "../command.ts";
import { convertFastSnnRun, type FastSnnOptions } from "./convert-fast-snn.ts";
import { convertSpikingResNetRun, type SpikingResNetRunOptions } from "./convert-spiking-resnet.ts";
import { AUGMENTATIONS } from "./retrain-quantized.ts";

type Options = FastSnnOptions & SpikingResNetRunOptions & { readonly method: "fast-snn" | "spiking-resnet" };

export function addConvert(program: Command): void {
  program
    .command("convert")
    .description("turn a trained network into a spiking one, and measure both")
    .argument("<run or model>", "a run folder, a .safetensors model or an .onnx file")
    .addOption(
      new Option(
        "--method <name>",
        "fast-snn: 3 to 15 steps, for a quantised network or a float one that is quantised first; spiking-resnet: any trained ReLU network",
      )
        .choices(["fast-snn", "spiking-resnet"])
        .default("fast-snn"),
    )
    .option("--data <source>", "images to measure on (default: what the run was trained on)")
    .option("--out <folder>", "where to write the result (default: <run>-spiking)")
    .option("--seed <number>", "seed of everything random", wholeNumber("--seed", 0), 1)
    .option("--limit <number>", "measure on only the first so many images", wholeNumber("--limit"))
    .option("--json", "print the result as JSON")
    .option("--quiet", "no progress")
    .optionsGroup("Options for networks that were not trained here:")
    .option("--calibrate <source>", "training images to calibrate and retrain on (default: --data)")
    .option("--mean <list>", "mean of each channel of an ONNX network's pixels, 0 to 1", numberList("--mean"))
    .option("--std <list>", "deviation of each channel of an ONNX network's pixels", numberList("--std"))
    .optionsGroup("Options of fast-snn:")
    .option(
      "--bits <number>",
      "bits of the quantised network; T = 2^bits − 1 steps",
      wholeNumber("--bits", 1, 8),
      3,
    )
    .addOption(
      new Option("--neurons <kind>", "integrate-and-fire neurons")
        .choices(["signed", "unsigned"])
        .default("signed"),
    )
    .option("--no-fine-tune", "leave the weights as they are")
    .option(
      "--tuning-images <number>",
      `training images for each layer's fine-tuning (default: 3200, or ${briefFineTuning.images} after a retraining)`,
      wholeNumber("--tuning-images"),
    )
    .optionsGroup("Options of fast-snn for a float network, which is quantised by a short retraining:")
    .option(
      "--epochs <number>",
      `epochs of the retraining (default: ${retrainingDefaults.epochs})`,
      wholeNumber("--epochs", 1, 10_000),
    )
    .option(
      "--learning-rate <number>",
      `learning rate at the start of the retraining (default: ${retrainingDefaults.learningRate})`,
      numberBetween("--learning-rate", 1e-9, 10),
    )
    .addOption(
      new Option(
        "--augment <how>",
        "how training images are varied (default: shift-flip for colour images, none for others)",
      ).choices(Object.keys(AUGMENTATIONS)),
    )
    .option("--resume", "go on with an interrupted retraining; the result is the same to the last bit")
    .optionsGroup("Options of spiking-resnet:")
    .option(
      "--percentile <number>",
      "activation that one spike a step stands for; 100 is the maximum",
      numberBetween("--percentile", 50, 100),
      99.9,
    )
    .addOption(
      new Option("--compensation <method>", "how layers make up for errors: a current a channel, or a factor")
        .choices(["bias", "search", "closed-form", "none"])
        .default("bias"),
    )
    .option(
      "--steps <T>",
      "time steps that the compensation is made for",
      wholeNumber("--steps", 1, 1024),
      32,
    )
    .option(
      "--start <fraction>",
      "membrane potential at the start, in thresholds",
      numberBetween("--start", 0, 1),
      0.5,
    )
    .addOption(
      new Option("--reset <kind>", "after a spike: subtract the threshold, or go to zero")
        .choices(["subtract", "zero"])
        .default("subtract"),
    )
    .addOption(
      new Option("--readout <kind>", "classes by summed current, or by mean potential, of the last layer")
        .choices(["current", "potential"])
        .default("current"),
    )
    .action((path: string, options: Options) =>
      runCommand(options, (context) =>
        options.method === "fast-snn"
          ? convertFastSnnRun(path, options, context)
          : convertSpikingResNetRun(path, options, context),
      ),
    );
}
