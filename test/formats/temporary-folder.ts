import { spawnSync } from "node:child_process";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach } from "vitest";

const undo: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

/** A new folder that anyone may enter, removed after the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "striate-test-"));
  await chmod(folder, 0o755);
  undo.push(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A file system of 64 KiB in memory, or undefined where this user may not mount one. */
export async function tinyFileSystem(): Promise<string | undefined> {
  const folder = await temporaryFolder();
  if (process.platform !== "linux") return undefined;
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", folder]);
  if (mounted.status !== 0) return undefined;
  undo.push(() => {
    spawnSync("umount", [folder]);
  });
  return folder;
}
