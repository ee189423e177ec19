// Compiles the kernels, then src, bench and examples to dist/.
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

function run(...argv) {
  const { status } = spawnSync(process.execPath, argv, { cwd: root, stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}

run("scripts/kernels.js");
run("node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json");
