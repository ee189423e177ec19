import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

const probe = "import numpy, torch, spikingjelly.activation_based.neuron";

const canRun = (python: string, code: string): boolean =>
  spawnSync(python, ["-c", code], { stdio: "ignore" }).status === 0;

/**
 * A Python with PyTorch and SpikingJelly: STRIATE_BENCH_PYTHON, else the one in .venv/, which is made when it is not
 * there. Returns undefined, after saying why, when there is none.
 */
export function findPython(root: string): string | undefined {
  const chosen = process.env.STRIATE_BENCH_PYTHON;
  if (chosen !== undefined && chosen !== "") {
    if (canRun(chosen, probe)) return chosen;
    return without(`${chosen} (STRIATE_BENCH_PYTHON) has no numpy, torch and spikingjelly, or does not run`);
  }
  const folder = join(root, ".venv");
  const python =
    process.platform === "win32" ? join(folder, "Scripts", "python.exe") : join(folder, "bin", "python");
  if (existsSync(python) && canRun(python, probe)) return python;

  const system = ["python3", "python"].find((name) =>
    canRun(name, "import sys; assert sys.version_info >= (3, 10)"),
  );
  if (system === undefined) return without("there is no Python 3.10 or newer here");
  console.log("bench: installing PyTorch and SpikingJelly into .venv/ (once; several GB)");
  if (!existsSync(python) && spawnSync(system, ["-m", "venv", folder], { stdio: "inherit" }).status !== 0) {
    return without(`${system} could not make ${folder}; on Debian its package is python3-venv`);
  }
  const requirements = join(root, "bench", "peers", "requirements.txt");
  const { status } = spawnSync(python, ["-m", "pip", "install", "-r", requirements], { stdio: "inherit" });
  if (status === 0 && canRun(python, probe)) return python;
  return without("pip could not install PyTorch and SpikingJelly; it needs a package index within reach");
}

function without(reason: string): undefined {
  console.warn(`bench: ${reason}.`);
  console.warn(
    "bench: only Striate is timed, nothing is compared. To compare, set STRIATE_BENCH_PYTHON to a Python",
  );
  console.warn("bench: that has torch, numpy and spikingjelly.");
  return undefined;
}
