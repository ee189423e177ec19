import { stat } from "node:fs/promises";
import { type Command, Option } from "commander";
import { StriateError } from "../../error.ts";
import type { SensorSize } from "../../formats/events/packet.ts";
import { loadEventNetwork } from "../../recipes/stream/model.node.ts";
import { type PlacementOptions, placeSensor } from "../../recipes/stream/placement.ts";
import { openRecording } from "../../recipes/stream/recording.node.ts";
import { scaleCounts } from "../../recipes/stream/scale.ts";
import { type StreamDecision, streamEvents } from "../../recipes/stream/stream.ts";
import { WindowCounter } from "../../recipes/stream/windows.ts";
import { type StreamReport, streamText } from "../../report/stream.ts";
import { type EngineName, engineNames, makeEngine } from "../../spiking/choose-engine.ts";
import { ClassReadout } from "../../spiking/readout.ts";
import { numberBetween, numberList, type OutputOptions, print, runCommand, wholeNumber } from "../command.ts";
import { pixelScale } from "../pixel-scale.ts";

interface Options extends OutputOptions {
  readonly model: string;
  readonly window: number;
  readonly packet?: number;
  readonly timeStep?: number;
  readonly steps?: number;
  readonly engine: EngineName;
  readonly sensor?: SensorSize;
  /** true without a value. */
  readonly crop?: { readonly x: number; readonly y: number } | true;
  readonly downscale?: number | true;
  readonly classes?: string[];
  readonly forget?: number;
  readonly margin: number;
  readonly mean?: number[];
  readonly std?: number[];
  readonly onCorrupt: "refuse" | "skip";
  readonly speed: "max" | "real-time";
}

/** Decisions that the JSON lists; of more, only their number. */
const DECISIONS_KEPT = 10_000;

export function addStream(program: Command): void {
  program
    .command("stream")
    .description(
      "feed a recording of an event camera to a spiking network, and tell what it decides as it does",
    )
    .argument("<file>", "ATIS .bin, AEDAT 2, 3.1 or 4, Prophesee DAT, EVT 2, 2.1 or 3")
    .requiredOption("--model <file>", "a .nir file, a spiking model or a run; it takes (2, height, width)")
    .option("--window <µs>", "length of a time step", numberBetween("--window", 1, 1e9), 1000)
    .option(
      "--packet <µs>",
      "events handed over at once (default: a window)",
      numberBetween("--packet", 1, 1e9),
    )
    .option(
      "--time-step <s>",
      "seconds of a time step in a .nir file's equations (default: the file's, else a window, else 1)",
      numberBetween("--time-step", 1e-9, 1e9),
    )
    .addOption(new Option("--engine <name>", "what runs the network").choices(engineNames).default("event"))
    .option("--steps <number>", "stop after so many time steps", wholeNumber("--steps"))
    .option("--sensor <size>", "of a recording that does not say it, such as 346x260", sensorSize)
    .option("--crop [x,y]", "see only a part as large as the network’s input (default: the middle)", corner)
    .option("--downscale [n]", "make n × n pixels one (default: the fewest that fit)", factor)
    .option("--classes <names>", "names of the classes, separated by commas", (text) => text.split(","))
    .option(
      "--forget <ms>",
      "time constant with which evidence fades (default: never)",
      numberBetween("--forget", 1e-3, 1e12),
    )
    .option(
      "--margin <evidence>",
      "least lead of a class that is decided on",
      numberBetween("--margin", 0, 1e12),
      0,
    )
    .option("--mean <list>", "mean of the counts of darker and of brighter events", numberList("--mean"))
    .option("--std <list>", "deviation of both counts", numberList("--std"))
    .addOption(
      new Option("--on-corrupt <action>", "end, or leave it out")
        .choices(["refuse", "skip"])
        .default("refuse"),
    )
    .addOption(
      new Option("--speed <speed>", "as fast as it goes, or packets as they were recorded")
        .choices(["max", "real-time"])
        .default("max"),
    )
    .option("--json", "print one object, with every decision")
    .option("--quiet", "no progress")
    .action((path: string, options: Options) =>
      runCommand(options, async ({ progress, signal }) => {
        const { window, speed, steps } = options;
        const network = await loadEventNetwork(options.model, window, options.timeStep);
        for (const note of network.notes) progress.note(note);
        const names = options.classes ?? network.classNames;
        const nameOf = (decision: number) => names?.[decision] ?? String(decision);
        const { stream, sensor } = await openRecording(path, network.input, {
          sensor: options.sensor,
          onCorrupt: options.onCorrupt,
          report: ({ offset, bytes, reason }) =>
            progress.note(`byte ${offset}: ${reason}; ${bytes} bytes left out`),
        });
        const windows = Math.max(1, Math.round((options.packet ?? window) / window));
        const engine = makeEngine(options.engine, network.graph, {
          batch: 1,
          chunk: windows,
          input: "steps",
        });
        const decisions: StreamDecision[] = [];
        try {
          const counter = new WindowCounter({
            window,
            windows,
            input: network.input,
            placement: placeSensor(sensor, network.input, placementOf(options)),
            crops: sensor !== undefined || options.crop !== undefined,
          });
          // Compiled before the clock starts.
          const frame = 2 * network.input.height * network.input.width;
          for await (const _ of engine.run(new Float32Array(windows * frame), windows));
          engine.reset();
          const total = (await stat(path)).size;
          progress.begin(`streaming ${path.split("/").at(-1)}`, total, "bytes");
          let offset = 0;
          const summary = await streamEvents(
            tracked(stream, (at) => (offset = at)),
            {
              engine,
              output: network.output,
              counter,
              window,
              readout: new ClassReadout(
                network.readout,
                1,
                network.classes,
                options.forget === undefined ? 1 : Math.exp(-window / (1000 * options.forget)),
              ),
              scale: scaleCounts(pixelScale(options), network.scale),
              leastMargin: options.margin,
              speed,
              steps,
              signal,
              onPacket: (done) => progress.advance(offset, `${((done * window) / 1e6).toFixed(1)} s`),
              onDecision: (decision) => {
                if (decisions.length < DECISIONS_KEPT) decisions.push(decision);
                if (!options.json) print(options, undefined, () => decisionText(decision, nameOf));
              },
            },
          );
          progress.end(`${summary.realTimeFactor.toFixed(2)} × real time`);
          if (summary.events === 0 && !summary.interrupted)
            throw new StriateError(`${path}: no events`, "Give a recording with events");
          const { decision } = summary;
          const report: StreamReport = {
            ...summary,
            corrupt: stream.corruption.count,
            decision: decision && { ...decision, name: nameOf(decision.decision) },
          };
          const corruption = { count: stream.corruption.count, places: stream.corruption.places };
          const { format } = stream.header;
          const json = { recording: path, format, sensor, window, ...report, corruption, decisions };
          print(options, json, () => `\n${streamText(report)}`);
        } finally {
          await stream.close();
          await engine.release();
        }
        signal.throwIfAborted();
      }),
    );
}

function placementOf({ crop, downscale }: Options): PlacementOptions {
  return { crop: crop === true ? "middle" : crop, downscale: downscale === true ? "fit" : downscale };
}

const decisionText = ({ seconds, decision, margin }: StreamDecision, nameOf: (k: number) => string): string =>
  `${seconds.toFixed(4).padStart(12)} s  ${nameOf(decision)}  margin ${Number(margin.toPrecision(4))}`;

/** Passes events on, and says at which byte of the file they are. */
async function* tracked<E extends { readonly offset: number }>(
  events: AsyncIterable<E>,
  at: (offset: number) => void,
): AsyncGenerator<E> {
  for await (const some of events) {
    at(some.offset);
    yield some;
  }
}

function sensorSize(text: string): SensorSize {
  const [, width, height] = /^([1-9]\d{0,4})[x×]([1-9]\d{0,4})$/.exec(text) ?? [];
  if (width === undefined) throw new StriateError(`--sensor must be a size such as 346x260, given "${text}"`);
  return { width: Number(width), height: Number(height) };
}

function corner(text: string): { x: number; y: number } {
  const [x, y, ...more] = numberList("--crop")(text);
  if (x === undefined || y === undefined || more.length > 0 || !Number.isInteger(x) || !Number.isInteger(y))
    throw new StriateError(`--crop must be a column and a row such as 100,60, given "${text}"`);
  return { x, y };
}

const factor = (text: string): number => wholeNumber("--downscale", 1, 10_000)(text);
