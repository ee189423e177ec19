import { existsSync, statSync } from "node:fs";
import type { Command } from "commander";
import { holdsAdaptation, holdsResponseModel } from "../../cortex/model-file.ts";
import { StriateError } from "../../error.ts";
import { describeFile, readFileOrExplain, readOnnxFile, writeFileAtomic } from "../../formats/index.node.ts";
import { type Description, readSafetensors } from "../../formats/index.ts";
import { isRecording } from "../../formats/recordings.node.ts";
import { decodeModel } from "../../nn/model-file.ts";
import { inferOnnxShapes } from "../../nn/onnx/shapes.ts";
import { responseModelFile } from "../../recipes/fit-run.node.ts";
import type { ProgressReporter } from "../../recipes/progress.ts";
import { RunFolder } from "../../recipes/run-folder.node.ts";
import { eventPicturePng, eventPictureSvg, graphFigure, textTable } from "../../report/index.ts";
import { describeSpikingGraph } from "../../spiking/describe.ts";
import { decodeSpikingGraph, holdsSpikingGraph } from "../../spiking/graph/index.ts";
import { type OutputOptions, print, runCommand } from "../command.ts";
import { describeRecording, writeContactSheet } from "./info-recording.ts";
import { describeAdaptation, describeResponseModel } from "./info-response-model.ts";

export function addInfo(program: Command): void {
  program
    .command("info")
    .description("say what is in a file, a recording or a run folder")
    .argument("<file or folder>", "any file that Striate reads, a recording, or a run")
    .option("--json", "print the result as JSON")
    .option("--svg <file>", "also draw the graph that the file holds, or stimuli or events of the recording")
    .option("--png <file>", "also draw stimuli or events of the recording as an image")
    .action((path: string, options: OutputOptions & { readonly svg?: string; readonly png?: string }) =>
      runCommand(options, async ({ progress }) => {
        const recorded = await describeIfRecording(path, options, progress);
        if (recorded !== undefined) {
          print(options, recorded.json, () => describedText(recorded));
          return;
        }
        const isFolder = existsSync(path) && statSync(path).isDirectory();
        if (isFolder && options.png !== undefined) refusePng(path);
        const described = isFolder ? await describeRun(path) : await describeModelOrFile(path);
        if (described.events !== undefined) {
          await writePicture(described.events, options);
          print(options, described.json, () => describedText(described));
          return;
        }
        if (options.png !== undefined) refusePng(path);
        if (options.svg !== undefined) await writeGraph(options.svg, path, described.graph);
        print(options, described.json, () => describedText(described, options.svg));
      }),
    );
}

function refusePng(path: string): never {
  throw new StriateError(
    `${path} is no recording, of which --png draws stimuli or events`,
    "Leave --png out",
  );
}

/**
 * Describes a recording, and draws its stimuli. A file of Neurodata Without Borders that is no recording by itself, as when
 * its stimuli are elsewhere, is described as the file that it is.
 */
async function describeIfRecording(
  path: string,
  options: { readonly svg?: string; readonly png?: string },
  progress: ProgressReporter,
): Promise<Described | undefined> {
  if (!existsSync(path) || !(await isRecording(path))) return undefined;
  try {
    const { recording, ...described } = await describeRecording(path, progress);
    await writeContactSheet(recording, options);
    if (!path.endsWith(".nwb")) return described;
    const file = await describeModelOrFile(path);
    const json = { ...(described.json as object), file: file.json };
    return { ...described, rows: [...file.rows, ...described.rows], json };
  } catch (error) {
    const isDrawn = options.svg !== undefined || options.png !== undefined;
    if (!(error instanceof StriateError) || !path.endsWith(".nwb") || isDrawn) throw error;
    const { rows, ...described } = await describeModelOrFile(path);
    return { ...described, rows: [...rows, { name: "no recording", value: error.message }] };
  }
}

interface Described {
  readonly rows: readonly { readonly name: string; readonly value: string }[];
  readonly json: unknown;
  readonly table?: Description["table"];
  readonly graph?: Description["graph"];
  readonly events?: Description["events"];
}

function describedText({ rows, table }: Described, svg?: string): string {
  const parts = [
    textTable(rows, [
      { header: "property", cell: ({ name }) => name },
      { header: "value", cell: ({ value }) => value },
    ]),
  ];
  if (table !== undefined) {
    const columns = table.headers.map((header, index) => ({
      header,
      cell: (row: readonly string[]) => row[index],
    }));
    parts.push(textTable(table.rows, columns));
  }
  if (svg !== undefined) parts.push(`The graph is drawn in ${svg}`);
  return parts.join("\n\n");
}

async function writeGraph(svg: string, path: string, graph: Described["graph"]): Promise<void> {
  if (graph === undefined)
    throw new StriateError(
      `${path} holds no graph to draw`,
      "Leave --svg out, or give an ONNX, NIR or spiking model file",
    );
  await writeFileAtomic(svg, graphFigure(graph, { label: path }));
}

async function writePicture(
  events: NonNullable<Described["events"]>,
  { svg, png }: { readonly svg?: string; readonly png?: string },
): Promise<void> {
  if (svg !== undefined) await writeFileAtomic(svg, eventPictureSvg(events));
  if (png !== undefined) await writeFileAtomic(png, eventPicturePng(events));
}

/** What a run of a response model says in rows beside its model; the rest is in its JSON. */
const runRows = ["command", "seed", "versions"];

async function describeRun(path: string): Promise<Described> {
  const folder = await RunFolder.open(path);
  if (!folder.has("run.json"))
    throw new StriateError(
      `${path} is a folder without a run.json and no recording`,
      "Give a run, a recording, or one file",
    );
  const run = (await folder.readJson("run.json")) as Record<string, unknown>;
  const result = folder.has("result.json") ? await folder.readJson("result.json") : undefined;
  const rows = Object.entries(run).map(([name, value]) => ({
    name,
    value: typeof value === "string" ? value : JSON.stringify(value),
  }));
  if ((run.command === "fit" || run.command === "adapt") && folder.has(responseModelFile)) {
    const file = folder.file(responseModelFile);
    const model = await describeResponseModel(await readFileOrExplain(file), file);
    const own = rows.filter(({ name }) => runRows.includes(name));
    return { ...model, rows: [...own, ...model.rows], json: { run, result, model: model.json } };
  }
  return { rows, json: { run, result } };
}

/** In JSON, what is drawn and what is set out as a table is part of `json` already. */
const describedFile = ({ rows, json, format, table, graph, events }: Description): Described => ({
  rows,
  json: { format, rows, json },
  table,
  graph,
  events,
});

async function describeModelOrFile(path: string): Promise<Described> {
  const description = await describeFile(path);
  if (description.format === "onnx") return describedFile(await withShapes(path, description));
  if (description.format !== "safetensors") return describedFile(description);
  const bytes = await readFileOrExplain(path);
  const { metadata } = readSafetensors(bytes, path);
  if (holdsSpikingGraph(metadata)) return describeSpiking(bytes, path);
  if (holdsResponseModel(metadata)) return describeResponseModel(bytes, path);
  if (holdsAdaptation(metadata)) return describeAdaptation(bytes, path);
  if (!isModel(description.json)) return describedFile(description);
  const { network, description: model } = decodeModel(bytes, path);
  const { kind, data, classes } = model;
  const parameters = network.parameters.reduce((total, { data: values }) => total + values.length, 0);
  const rows = [
    { name: "format", value: "Striate model" },
    {
      name: "network",
      value: Object.entries(kind)
        .map(([key, value]) => (key === "type" ? value : `${key} ${value}`))
        .join(", "),
    },
    { name: "trained on", value: data.name },
    { name: "classes", value: String(classes) },
    { name: "parameters", value: parameters.toLocaleString("en") },
    ...network.layers
      .filter(({ parameters: own }) => own.length > 0)
      .map(({ name, parameters: own }) => ({
        name,
        value: own.map((one) => `${one.name.split("/").at(-1)} (${one.shape.join(", ")})`).join(", "),
      })),
  ];
  return { rows, json: { ...model, parameters } };
}

/** Adds what the nodes of an ONNX file put out, where the file does not say. */
async function withShapes(path: string, description: Description): Promise<Description> {
  const { table } = description;
  if (table === undefined || table.headers.includes("output")) return description;
  const file = await readOnnxFile(path);
  const shapes = inferOnnxShapes(file);
  const rows = table.rows.map((row, i) => {
    const shape = shapes.get(file.graph.nodes[i]!.outputs[0] ?? "");
    return [...row, shape === undefined ? "?" : shape.join(" × ") || "scalar"];
  });
  return { ...description, table: { headers: [...table.headers, "output, N = 1"], rows } };
}

function describeSpiking(bytes: Uint8Array, path: string): Described {
  const { graph, about } = decodeSpikingGraph(bytes, path);
  const details = Object.entries((about ?? {}) as Record<string, unknown>);
  const rows = [
    { name: "format", value: "Striate spiking graph" },
    ...details
      .filter(([key]) => key !== "format")
      .map(([name, value]) => ({ name, value: typeof value === "string" ? value : JSON.stringify(value) })),
    { name: "time step", value: `${graph.timeStep} s` },
    { name: "nodes", value: String(graph.nodes.length) },
  ];
  const described = describeSpikingGraph(graph);
  return { rows, ...described, json: { about, timeStep: graph.timeStep, nodes: described.graph } };
}

const isModel = (json: unknown): boolean => JSON.stringify(json).includes("striate-model-1");
