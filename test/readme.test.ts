import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const read = (path: string) => readFileSync(join(root, path), "utf8");

test("the README's program is examples/digits.ts, and it is under twenty lines", () => {
  const example = read("examples/digits.ts").trim();
  expect(read("README.md")).toContain(`\`\`\`ts\n${example}\n\`\`\``);
  expect(example.split("\n").filter((line) => line.trim() !== "").length).toBeLessThan(20);
});

test("the README's program trains, converts and runs", () => {
  const folder = mkdtempSync(join(tmpdir(), "striate-readme-"));
  try {
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, "dist/examples/digits.js")], {
      cwd: folder,
      encoding: "utf8",
    });
    expect(status, stderr).toBe(0);
    const [, accuracy, steps, spikes] = /^([\d.]+) % in (\d+) steps with (\d+) spikes$/m.exec(stdout) ?? [];
    expect(Number(accuracy)).toBeGreaterThan(96);
    expect(steps).toBe("7");
    expect(Number(spikes)).toBeGreaterThan(100);
    expect(existsSync(join(folder, "runs/example/quantized-3.safetensors"))).toBe(true);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 400_000);

test("the README's tables, time and memory are those of the run in docs/quickstart.json", () => {
  const { status, stderr } = spawnSync(
    process.execPath,
    [join(root, "scripts/readme-quickstart.js"), "--check"],
    {
      encoding: "utf8",
    },
  );
  expect(status, stderr).toBe(0);
});

test("every file that the README links to is there", () => {
  const links = [...read("README.md").matchAll(/\]\(([^)#:]+)\)|src="([^"]+)"/g)].map(
    (match) => match[1] ?? match[2]!,
  );
  expect(links.length).toBeGreaterThan(3);
  for (const link of links) expect(existsSync(join(root, link)), link).toBe(true);
});
