/**
 * The benchmarks: `node dist/bench/run.js [name …]`. Ours and the peers' do the same work in turn, in one run; the
 * results go to the terminal and to runs/bench/<name>.json. bench/README.md says how they are measured.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { env } from "onnxruntime-common";
import { StriateError } from "../src/error.ts";
import { makeFolder, writeFileAtomic } from "../src/formats/index.node.ts";
import { writeSafetensors } from "../src/formats/safetensors.ts";
import type { Benchmark, BenchmarkOptions, Prepared } from "./benchmark.ts";
import { bpttStep } from "./bptt-step.ts";
import { type CaseResult, type CompareOptions, compare } from "./compare.ts";
import { eventFiles } from "./event-files.ts";
import { IdleWatch } from "./idle.ts";
import { linearLif } from "./linear-lif.ts";
import { type MachineRates, machine, machineRates } from "./machine.ts";
import { Peer } from "./peer.ts";
import { pointNeurons } from "./point-neurons.ts";
import { findPython } from "./python.ts";
import { spikingEngines } from "./spiking-engines.ts";
import { spikingInference } from "./spiking-inference.ts";
import { spikingResNet } from "./spiking-resnet.ts";
import { caseTable, tableHead, verdicts } from "./table.ts";
import { trainingStep } from "./training-step.ts";
import { v1t } from "./v1t.ts";

/** To add a benchmark, add a line. The first one gives the limit that the others' rates are a share of. */
const benchmarks: readonly Benchmark[] = [
  machine,
  trainingStep,
  bpttStep,
  spikingInference,
  spikingResNet,
  spikingEngines,
  linearLif,
  v1t,
  eventFiles,
  pointNeurons,
];

const usage = `node dist/bench/run.js [name …] [options]

  names            ${benchmarks.map(({ name }) => name).join(", ")}; all when absent
  --cases text     only cases whose name contains this, "batch 32" say; may be given several times; no figures then
  --threads n      threads of each side; every core when absent
  --rounds n       rounds that count, at least 7 for numbers to quote; 9 when absent
  --seconds s      aimed length of a round; 0.3 when absent
  --patience s     how long to wait for an idle machine, for each benchmark; 60 when absent
  --lowering name  auto, blocked or portable
  --no-peers       time Striate alone
`;

interface Settings extends BenchmarkOptions, CompareOptions {
  readonly patience: number;
  readonly chosen: readonly Benchmark[];
  readonly peers: boolean;
  /** Parts of the names of the cases that are wanted; all when empty. */
  readonly cases: readonly string[];
}

function readSettings(): Settings | undefined {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      cases: { type: "string", multiple: true, default: [] },
      threads: { type: "string", default: String(availableParallelism()) },
      rounds: { type: "string", default: "9" },
      seconds: { type: "string", default: "0.3" },
      patience: { type: "string", default: "60" },
      lowering: { type: "string", default: "auto" },
      "no-peers": { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  for (const name of positionals) {
    if (benchmarks.some((benchmark) => benchmark.name === name)) continue;
    throw new StriateError(
      `there is no benchmark "${name}"`,
      `Choose from ${benchmarks.map(({ name }) => name).join(", ")}`,
    );
  }
  const { lowering } = values;
  if (lowering !== "auto" && lowering !== "blocked" && lowering !== "portable") {
    throw new StriateError(`--lowering ${lowering}: expected auto, blocked or portable`);
  }
  return {
    threads: positive("--threads", values.threads),
    rounds: positive("--rounds", values.rounds),
    roundSeconds: positive("--seconds", values.seconds, false),
    patience: positive("--patience", values.patience, false),
    lowering,
    peers: !values["no-peers"],
    cases: values.cases,
    chosen: benchmarks.filter(
      ({ name }) => name === machine.name || positionals.length === 0 || positionals.includes(name),
    ),
  };
}

function positive(option: string, text: string, whole = true): number {
  const value = Number(text);
  if (value > 0 && Number.isFinite(value) && (!whole || Number.isInteger(value))) return value;
  throw new StriateError(`${option} ${text}: expected a positive ${whole ? "whole " : ""}number`);
}

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

/** What Ctrl-C has to clear away. */
let running: { readonly folder: string; peer?: Peer } | undefined;

function clearAway(): void {
  running?.peer?.stop();
  if (running !== undefined) rmSync(running.folder, { recursive: true, force: true });
  running = undefined;
}

async function runBenchmark(
  benchmark: Benchmark,
  settings: Settings,
  python: string | undefined,
  rates: MachineRates | undefined,
) {
  console.log(`\n${benchmark.title}`);
  const prepared = await benchmark.prepare(settings);
  const cases = wantedCases(prepared.cases, benchmark, settings);
  for (const remark of prepared.remarks ?? []) console.log(`  ${remark}`);
  const folder = mkdtempSync(join(tmpdir(), "striate-bench-"));
  const current: NonNullable<typeof running> = { folder };
  running = current;
  try {
    if (python !== undefined) {
      await writeInputs(folder, prepared);
      current.peer = await Peer.start(
        python,
        join(root, "bench", "peers", benchmark.peer),
        folder,
        settings.threads,
      );
    }
    const missing = current.peer?.greeting.missing ?? [];
    if (missing.length > 0)
      console.warn(
        `bench: ${missing.join(" and ")} left out: not in this Python (bench/peers/requirements.txt)`,
      );
    console.log(tableHead);
    const watch = new IdleWatch(settings.patience);
    const results: CaseResult[] = [];
    for (const task of cases) {
      const result = await compare(task, current.peer, watch, settings);
      results.push(result);
      console.log(caseTable(result, rates));
    }
    return { results, versions: current.peer?.greeting.versions, disturbed: watch.gaveUp };
  } finally {
    clearAway();
  }
}

function wantedCases(all: Prepared["cases"], benchmark: Benchmark, { cases }: Settings): Prepared["cases"] {
  if (cases.length === 0 || benchmark === machine) return all;
  const wanted = all.filter(({ name }) => cases.some((part) => name.includes(part)));
  if (wanted.length > 0) return wanted;
  throw new StriateError(
    `${benchmark.name} has no case like ${cases.map((part) => `"${part}"`).join(" or ")}`,
    `Its cases are ${all.map(({ name }) => `"${name}"`).join(", ")}`,
  );
}

async function writeInputs(folder: string, { config, files }: Prepared): Promise<void> {
  await writeFileAtomic(join(folder, "config.json"), JSON.stringify(config));
  for (const [name, tensors] of Object.entries(files))
    await writeFileAtomic(join(folder, name), writeSafetensors({ ...tensors }));
}

async function main(): Promise<void> {
  const settings = readSettings();
  if (settings === undefined) {
    console.log(usage);
    return;
  }
  const python = settings.peers ? findPython(root) : undefined;
  const { threads, lowering } = settings;
  const processor = cpus()[0]?.model ?? "unknown";
  console.log(
    `${processor}, ${threads} thread(s) each; Node ${process.versions.node}, ONNX Runtime ${env.versions.common}`,
  );
  const out = join(root, "runs", "bench");
  await makeFolder(out);
  let rates: MachineRates | undefined;
  const summary: string[] = [];
  for (const benchmark of settings.chosen) {
    const { results, versions, disturbed } = await runBenchmark(benchmark, settings, python, rates);
    if (benchmark === machine) {
      rates = machineRates(results);
    } else {
      summary.push(...verdicts(benchmark, results));
    }
    const record = {
      benchmark: benchmark.name,
      title: benchmark.title,
      date: new Date().toISOString(),
      machine: { processor, cores: cpus().length, threads, platform: `${process.platform}-${process.arch}` },
      versions: { node: process.versions.node, onnxruntime: env.versions.common, ...versions },
      lowering,
      /** The machine was not idle all the time: not to be quoted. */
      disturbed,
      /** Of the machine, in 10⁹ a second. */
      rates,
      cases: results,
    };
    await writeFileAtomic(join(out, `${benchmark.name}.json`), `${JSON.stringify(record, null, 2)}\n`);
    const figures = settings.cases.length === 0 ? benchmark.figures?.(results, rates) : undefined;
    for (const [name, svg] of Object.entries(figures ?? {})) {
      await writeFileAtomic(join(out, name), svg);
      console.log(`  figure: runs/bench/${name}`);
    }
  }
  if (summary.length > 0)
    console.log(`\nStriate against the fastest peer that agrees (*):\n${summary.join("\n")}`);
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    clearAway();
    console.error("bench: stopped; the record of the benchmark that was running is the one from before");
    process.exit(130);
  });
}
try {
  await main();
} catch (error) {
  const expected =
    error instanceof StriateError || (error as { code?: string }).code?.startsWith("ERR_PARSE_ARGS");
  console.error(expected ? `bench: ${(error as Error).message}` : error);
  process.exitCode = 1;
}
