import { spawnSync } from "node:child_process";
import { chmod, lstat, mkdir, readdir, readFile, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  discardUnfinishedWrites,
  makeFolder,
  readFileOrExplain,
  sweepTemporaryFiles,
  writeFileAtomic,
} from "../../src/formats/index.node.ts";
import { rejectionOf } from "./errors.ts";
import { temporaryFolder, tinyFileSystem } from "./temporary-folder.ts";

const nobody = 65534;
const isLinux = process.platform === "linux";

/** Runs as a user without rights: the tests may be run by root, whom permissions do not hold back. */
async function withoutRights<T>(run: () => Promise<T>): Promise<T> {
  const user = process.geteuid!();
  if (user !== 0) return run();
  process.seteuid!(nobody);
  try {
    return await run();
  } finally {
    process.seteuid!(user);
  }
}

describe("writeFileAtomic", () => {
  test("writes text and bytes, replaces, and leaves nothing beside", async () => {
    const folder = await temporaryFolder();
    await writeFileAtomic(join(folder, "run.json"), "größe");
    expect(await readFile(join(folder, "run.json"), "utf8")).toBe("größe");
    await writeFileAtomic(join(folder, "run.json"), new Uint8Array([1, 2, 3]).subarray(1));
    expect([...(await readFile(join(folder, "run.json")))]).toEqual([2, 3]);
    expect(await readdir(folder)).toEqual(["run.json"]);
  });

  test("twenty writers at once leave one whole file", async () => {
    const folder = await temporaryFolder();
    const contents = Array.from({ length: 20 }, (_, index) => String(index).repeat(5000));
    await Promise.all(contents.map((content) => writeFileAtomic(join(folder, "w"), content)));
    expect(contents).toContain(await readFile(join(folder, "w"), "utf8"));
    expect(await readdir(folder)).toEqual(["w"]);
  });

  test("keeps permissions, and writes through a symbolic link", async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "real"), "old");
    await chmod(join(folder, "real"), 0o640);
    await symlink("real", join(folder, "link"));
    await writeFileAtomic(join(folder, "link"), "new");
    expect((await lstat(join(folder, "link"))).isSymbolicLink()).toBe(true);
    expect(await readFile(join(folder, "real"), "utf8")).toBe("new");
    expect((await stat(join(folder, "real"))).mode & 0o777).toBe(0o640);
  });

  test("a path under a file, a folder for a target, a missing folder", async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "plain"), "kept");
    await mkdir(join(folder, "models"));
    const under = await rejectionOf(writeFileAtomic(join(folder, "plain", "x"), "y"));
    expect(under).toMatch(/cannot write .*plain\/x: a part of the path is a file/);
    const onFolder = await rejectionOf(writeFileAtomic(join(folder, "models"), "y"));
    expect(onFolder).toMatch(/cannot write .*models: it is a folder/);
    const missing = await rejectionOf(writeFileAtomic(join(folder, "model", "x"), "y"));
    expect(missing).toMatch(/there is no folder .*model\. Did you mean models\?/);
    expect(await readFile(join(folder, "plain"), "utf8")).toBe("kept");
    expect((await readdir(folder)).sort()).toEqual(["models", "plain"]);
  });

  test.skipIf(!isLinux)("a device is not replaced, and /proc takes no files", async () => {
    expect(await rejectionOf(writeFileAtomic("/dev/null", "y"))).toMatch(/\/dev\/null: it is a device/);
    expect((await stat("/dev/null")).isCharacterDevice()).toBe(true);
    expect(await rejectionOf(writeFileAtomic("/proc/striate", "y"))).toMatch(
      /\/proc takes no new files|permission/,
    );
  });

  test.skipIf(!isLinux)("no permission: the old file stays", async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "model"), "old");
    await chmod(join(folder, "model"), 0o444);
    await chmod(folder, 0o555);
    await withoutRights(async () => {
      const replace = await rejectionOf(writeFileAtomic(join(folder, "model"), "new"));
      expect(replace).toMatch(/cannot write .*model: permission is denied/);
      const create = await rejectionOf(writeFileAtomic(join(folder, "other"), "new"));
      expect(create).toMatch(/cannot write .*other: permission is denied/);
      expect(await rejectionOf(makeFolder(join(folder, "runs")))).toMatch(
        /cannot make the folder .*permission/,
      );
      expect(await rejectionOf(makeFolder(folder))).toMatch(/cannot write in the folder .*permission/);
    });
    await chmod(folder, 0o755);
    expect(await readdir(folder)).toEqual(["model"]);
    expect(await readFile(join(folder, "model"), "utf8")).toBe("old");
  });

  test("a full disk: the old file stays and nothing lies beside it", async (context) => {
    const disk = await tinyFileSystem();
    if (disk === undefined)
      return context.skip("cannot mount a small file system here (needs root on Linux)");
    await writeFileAtomic(join(disk, "model"), "old");
    const message = await rejectionOf(writeFileAtomic(join(disk, "model"), new Uint8Array(200_000)));
    expect(message).toMatch(/cannot write .*model: the disk is full\. Free some space/);
    expect(await readdir(disk)).toEqual(["model"]);
    expect(await readFile(join(disk, "model"), "utf8")).toBe("old");
    await writeFile(join(disk, "filler"), new Uint8Array(60_000));
    expect(await rejectionOf(makeFolder(join(disk, "runs")))).toMatch(/the disk is full/);
    expect(await readdir(join(disk, "runs")).catch(() => [])).toEqual([]);
  });

  test("a read-only disk", async (context) => {
    const disk = await tinyFileSystem();
    if (disk === undefined)
      return context.skip("cannot mount a small file system here (needs root on Linux)");
    expect(spawnSync("mount", ["-o", "remount,ro", disk]).status).toBe(0);
    expect(await rejectionOf(writeFileAtomic(join(disk, "model"), "x"))).toMatch(/read-only file system/);
    expect(await rejectionOf(makeFolder(disk))).toMatch(/cannot write in the folder .*read-only file system/);
    expect(await rejectionOf(makeFolder(join(disk, "runs")))).toMatch(/read-only file system/);
  });

  test("an interrupted write is discarded at once", async () => {
    const folder = await temporaryFolder();
    const write = writeFileAtomic(join(folder, "model"), new Uint8Array(200_000_000)).catch((error) => error);
    while ((await readdir(folder)).length === 0) await new Promise(setImmediate);
    expect(await readdir(folder)).not.toContain("model");
    discardUnfinishedWrites();
    expect(await readdir(folder)).toEqual([]);
    expect(await write).toBeInstanceOf(Error);
    expect(await readdir(folder)).toEqual([]);
  });
});

describe("sweepTemporaryFiles", () => {
  test("removes what dead processes left, and nothing else", async () => {
    const folder = await temporaryFolder();
    const dead = spawnSync(process.execPath, ["--version"]).pid;
    const leftover = `.striate-${dead}-3-00c0ffee.tmp`;
    const living = `.striate-${process.ppid}-3-00c0ffee.tmp`;
    const old = `.striate-${process.ppid}-4-00c0ffee.tmp`;
    const others = ["model.tmp", ".striate-x.tmp", `a${leftover}`, `${leftover}.json`];
    for (const file of [leftover, living, old, ...others]) await writeFile(join(folder, file), "");
    await utimes(join(folder, old), new Date(), new Date(Date.now() - 2 * 3_600_000));
    expect((await sweepTemporaryFiles(folder)).sort()).toEqual([leftover, old].sort());
    expect((await readdir(folder)).sort()).toEqual([living, ...others].sort());
    expect(await sweepTemporaryFiles(join(folder, "missing"))).toEqual([]);
  });

  test("leaves the own unfinished write alone, under a name that a later process would sweep", async () => {
    const folder = await temporaryFolder();
    const write = writeFileAtomic(join(folder, "model"), new Uint8Array(100_000_000));
    while ((await readdir(folder)).length === 0) await new Promise(setImmediate);
    expect(await sweepTemporaryFiles(folder)).toEqual([]);
    const [name] = await readdir(folder);
    await write;
    const dead = spawnSync(process.execPath, ["--version"]).pid;
    const renamed = name.replace(String(process.pid), String(dead));
    await writeFile(join(folder, renamed), "");
    expect(await sweepTemporaryFiles(folder)).toEqual([renamed]);
    expect(await readdir(folder)).toEqual(["model"]);
  });
});

describe("makeFolder", () => {
  test("makes folders on the way, accepts one that is there, leaves no probe", async () => {
    const folder = join(await temporaryFolder(), "a", "b");
    await makeFolder(folder);
    await makeFolder(folder);
    expect(await readdir(folder)).toEqual([]);
  });

  test("on or under a file; in a place that takes none", async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "plain"), "");
    expect(await rejectionOf(makeFolder(join(folder, "plain")))).toMatch(/already a file of that name/);
    expect(await rejectionOf(makeFolder(join(folder, "plain", "a")))).toMatch(/part of the path is a file/);
    if (isLinux)
      expect(await rejectionOf(makeFolder("/proc/striate/runs"))).toMatch(/\/proc takes no new files/);
    if (isLinux) expect(await rejectionOf(makeFolder("/proc"))).toMatch(/\/proc/);
  });
});

describe("readFileOrExplain", () => {
  test("reads bytes", async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "x"), new Uint8Array([1, 2]));
    expect(await readFileOrExplain(join(folder, "x"))).toEqual(new Uint8Array([1, 2]));
  });

  test("missing: what is alike, or where it looked, or which folder is missing", async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "model.safetensors"), "");
    const spelling = await rejectionOf(readFileOrExplain(join(folder, "modle.safetensor")));
    expect(spelling).toMatch(/cannot read .*: it does not exist\. Did you mean model\.safetensors\?$/);
    const other = await rejectionOf(readFileOrExplain(join(folder, "zebra.png")));
    expect(other).toMatch(new RegExp(`Check the spelling; looked in ${folder}`));
    const missing = await rejectionOf(readFileOrExplain(join(folder, "runs", "a", "b")));
    expect(missing).toMatch(new RegExp(`there is no folder ${join(folder, "runs")}\\.`));
  });

  test("a folder, a path under a file, a device, a zero byte, a name too long, a circle of links", async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "x"), "");
    await symlink("loop", join(folder, "loop"));
    expect(await rejectionOf(readFileOrExplain(folder))).toMatch(/it is a folder\. Give a file in it: .*x/);
    expect(await rejectionOf(readFileOrExplain(join(folder, "x", "y")))).toMatch(
      /part of the path is a file/,
    );
    if (isLinux) expect(await rejectionOf(readFileOrExplain("/dev/zero"))).toMatch(/it is a device/);
    expect(await rejectionOf(readFileOrExplain("a\0b"))).toMatch(/zero byte/);
    expect(await rejectionOf(readFileOrExplain(join(folder, "n".repeat(5000))))).toMatch(/name is too long/);
    expect(await rejectionOf(readFileOrExplain(join(folder, "loop")))).toMatch(/links go in a circle/);
  });

  test.skipIf(!isLinux)("no permission", async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "secret"), "");
    await chmod(join(folder, "secret"), 0o000);
    const message = await withoutRights(() => rejectionOf(readFileOrExplain(join(folder, "secret"))));
    expect(message).toMatch(/cannot read .*secret: permission is denied/);
  });
});
