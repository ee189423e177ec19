import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { quadrantConfiguration, start, striate, temporaryFolder, writeQuadrants } from "./striate.ts";

const folder = temporaryFolder();
const data = join(folder, "data");
writeQuadrants(data);
const configuration = join(folder, "quadrants.json");
writeFileSync(configuration, JSON.stringify(quadrantConfiguration(data, 12)));
const options = ["--checkpoint-every", "0", "--json"];

const bytesOf = (run: string, name: string) => readFileSync(join(run, name));

test("a run killed again and again, then resumed, ends with the same bits as one that was left alone", async () => {
  const whole = join(folder, "whole");
  const killed = join(folder, "killed");
  const uninterrupted = await striate("train", configuration, "--out", whole, ...options);
  expect(uninterrupted.stderr).not.toContain("striate:");
  expect(uninterrupted.code).toBe(0);

  let kills = 0;
  for (let attempt = 0; attempt < 60; attempt++) {
    const resume = existsSync(join(killed, "run.json")) ? ["--resume"] : [];
    const { child, outcome } = start(["train", configuration, "--out", killed, ...resume, ...options]);
    const seen = steps(killed);
    // kill -9 once some new steps are on disk, at a different distance each time
    const timer = setInterval(() => {
      if (kills < 5 && steps(killed) >= seen + 20 + 37 * kills) child.kill("SIGKILL");
    }, 5);
    const { code, stderr } = await outcome;
    clearInterval(timer);
    if (code === 0) break;
    expect(code, stderr).toBe(null);
    kills++;
  }
  expect(kills).toBeGreaterThanOrEqual(3);
  for (const name of ["float.safetensors", "quantized-3.safetensors"]) {
    expect(bytesOf(killed, name).equals(bytesOf(whole, name)), name).toBe(true);
  }
  expect(bytesOf(killed, "metrics.jsonl").equals(bytesOf(whole, "metrics.jsonl"))).toBe(true);
  expect(readdirSync(killed).filter((name) => name.endsWith(".tmp"))).toEqual([]);
}, 240_000);

/** Training steps on disk. */
function steps(run: string): number {
  const path = join(run, "metrics.jsonl");
  return existsSync(path) ? readFileSync(path, "utf8").split("\n").length - 1 : 0;
}

test("Ctrl-C saves a checkpoint, says how to go on, and ends with 130", async () => {
  const run = join(folder, "interrupted");
  const { child, outcome } = start(["train", configuration, "--out", run, ...options]);
  let pressed = false;
  const timer = setInterval(() => {
    if (pressed || steps(run) <= 10) return;
    pressed = true;
    child.kill("SIGINT");
  }, 5);
  const { code, stderr, stdout } = await outcome;
  clearInterval(timer);
  expect(code).toBe(130);
  expect(stderr).toContain("--resume");
  expect(stdout).toBe("");
  expect(readdirSync(run).sort()).toContain("checkpoint.safetensors");
  const resumed = await striate("train", configuration, "--out", run, "--resume", ...options);
  expect(resumed.code).toBe(0);
  const result = JSON.parse(resumed.stdout);
  expect(result.networks.at(-1).accuracy).toBeGreaterThan(0.9);
}, 120_000);
