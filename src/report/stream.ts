import { count, fixed, plural, significant } from "./numbers.ts";

/** What streaming a recording came to: plain data. */
export interface StreamReport {
  events: number;
  outside: number;
  late: number;
  corrupt: number;
  packets: number;
  steps: number;
  recordedSeconds: number;
  seconds: number;
  eventsPerSecond: number;
  realTimeFactor: number;
  firstDecision?: { recorded: number; elapsed: number } | undefined;
  changes: number;
  decision?: { name: string; margin: number } | undefined;
  latency: {
    median: number;
    p95: number;
    p99: number;
    greatest: number;
    histogram: readonly { from: number; to: number; count: number }[];
  };
  interrupted: boolean;
}

const barWidth = 40;

/** The summary for a terminal, with the latencies as bars. */
export function streamText(report: StreamReport): string {
  const { latency, firstDecision, decision } = report;
  const left = [
    report.outside > 0 ? `${count(report.outside)} outside the network’s input` : "",
    report.late > 0 ? `${count(report.late)} late` : "",
    report.corrupt > 0 ? `${plural(report.corrupt, "corrupt place")} left out` : "",
  ].filter((part) => part !== "");
  const lines = [
    `${report.interrupted ? "interrupted after " : ""}${plural(report.events, "event")} in ${significant(report.recordedSeconds)} s of recording, ${plural(report.steps, "step")}, ${plural(report.packets, "packet")}${left.length > 0 ? ` (${left.join(", ")})` : ""}`,
    decision === undefined
      ? "no decision"
      : `decision: ${decision.name}, margin ${significant(decision.margin)}; ${plural(report.changes, "change")} on the way`,
  ];
  if (firstDecision !== undefined)
    lines.push(
      `first decision: ${fixed(firstDecision.recorded, 1)} ms into the recording, ${fixed(firstDecision.elapsed, 1)} ms after the start`,
    );
  lines.push(
    `${count(report.eventsPerSecond)} events/s, ${significant(report.realTimeFactor)} × real time`,
    `latency of a packet: median ${ms(latency.median)}, 95 % ${ms(latency.p95)}, 99 % ${ms(latency.p99)}, greatest ${ms(latency.greatest)}`,
    ...latencyBars(latency.histogram),
  );
  return lines.join("\n");
}

const ms = (milliseconds: number): string => `${significant(milliseconds)} ms`;

function latencyBars(histogram: StreamReport["latency"]["histogram"]): string[] {
  const most = Math.max(1, ...histogram.map((bin) => bin.count));
  const labels = histogram.map(({ to }) => `< ${ms(to)}`);
  const width = Math.max(0, ...labels.map(({ length }) => length));
  return histogram.map((bin, i) => {
    const bar = "█".repeat(Math.round((bin.count / most) * barWidth)) || (bin.count > 0 ? "▏" : "");
    return `  ${labels[i]!.padStart(width)}  ${bar} ${count(bin.count)}`;
  });
}
