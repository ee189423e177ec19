// Runs one of the project's jobs from a fresh clone: installs and builds what is missing first.
//   node scripts/with-install.js quickstart|test|bench [arguments]
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const [job, ...rest] = process.argv.slice(2);

const jobs = {
  quickstart: () => run(process.execPath, ["bin/striate.js", "quickstart", ...rest]),
  bench: () => run(process.execPath, ["dist/bench/run.js", ...rest]),
  test: () => run(process.execPath, ["node_modules/vitest/vitest.mjs", "run", ...rest]),
};

if (!(job in jobs)) {
  console.error(`striate: unknown job "${job}"; expected ${Object.keys(jobs).join(", ")}`);
  process.exit(2);
}
const [major] = process.versions.node.split(".").map(Number);
if (major < 20) {
  console.error(
    `striate: needs Node 20 or newer, this is ${process.version}. Install a current Node and try again`,
  );
  process.exit(2);
}

install();
build();
jobs[job]();

function run(command, argv) {
  const result = spawnSync(command, argv, { cwd: root, stdio: "inherit" });
  if (result.error) {
    console.error(`striate: cannot run ${command}: ${result.error.message}`);
    process.exit(1);
  }
  if (result.status !== 0) process.exit(result.status ?? 1);
}

/**
 * Installs when package-lock.json is newer than what is installed. Install scripts stay off: see .npmrc. Not `npm ci`,
 * which gives up when a registry lacks an optional package for some other platform.
 */
function install() {
  const installed = join(root, "node_modules/.package-lock.json");
  const lock = join(root, "package-lock.json");
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return;
  console.error("striate: installing packages (first run only) …");
  const npm = process.env.npm_execpath;
  const argv = ["install", "--no-save", "--ignore-scripts", "--no-audit", "--no-fund"];
  if (npm?.endsWith(".js")) run(process.execPath, [npm, ...argv]);
  else run(process.platform === "win32" ? "npm.cmd" : "npm", argv);
}

/** Builds when a source file differs from what was built last. */
function build() {
  const stamp = join(root, "dist/.built");
  const hash = createHash("sha256");
  for (const path of [
    "package-lock.json",
    "tsconfig.json",
    "tsconfig.build.json",
    ...sources("src"),
    ...sources("bench"),
    ...sources("examples"),
  ]) {
    hash.update(path).update(readFileSync(join(root, path)));
  }
  const digest = hash.digest("hex");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === digest) return;
  console.error("striate: building …");
  run(process.execPath, ["scripts/build.js"]);
  writeFileSync(stamp, digest);
}

function sources(folder) {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts") && !entry.name.endsWith(".generated.ts"))
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .sort();
}
