import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { StriateError } from "../error.ts";

/** The operating system's error codes that a user can do something about: what happened, what to do. */
const reasons: Record<string, [happened: string, advice: string]> = {
  ENOENT: ["it does not exist", "Check the spelling"],
  ENOTDIR: ["a part of the path is a file, not a folder", "Choose another path"],
  EEXIST: ["there is already a file of that name", "Choose another path, or move the file away"],
  EISDIR: ["it is a folder", "Give a file"],
  EACCES: ["permission is denied", "Change the permissions, or choose another path"],
  EPERM: ["the system does not permit it", "Change the permissions, or choose another path"],
  EROFS: ["it is on a read-only file system", "Choose a folder that can be written"],
  ENOSPC: ["the disk is full", "Free some space, or choose a folder on another disk"],
  EDQUOT: ["the disk quota is used up", "Free some space, or choose a folder on another disk"],
  EFBIG: ["the file would be larger than is allowed here", "Choose a folder on another disk"],
  EMFILE: ["too many files are open", "Close other programs, or raise the limit with ulimit -n"],
  ENAMETOOLONG: ["the name is too long", "Choose a shorter name"],
  ELOOP: ["its symbolic links go in a circle", "Give the real path"],
  ERR_FS_FILE_TOO_LARGE: ["it is larger than 2 GiB", "Give a smaller file"],
  ERR_INVALID_ARG_VALUE: ["the path holds a zero byte", "Give another path"],
};

/** Turns an error of node:fs into a StriateError: `cannot <action> <path>: <what happened>. <what to do>`. */
export function explain(error: unknown, action: string, path: string): StriateError {
  if (error instanceof StriateError) return error;
  const { code = "", message } = error as NodeJS.ErrnoException;
  const [happened, advice] = reasons[code] ?? [message, undefined];
  return new StriateError(`cannot ${action} ${path}: ${happened}`, advice);
}

/** The error for a path that does not exist: names the first folder that is missing, or files of a similar name. */
export async function explainMissing(action: string, path: string): Promise<StriateError> {
  let missing = resolve(path);
  while (!existsSync(dirname(missing)) && dirname(missing) !== missing) missing = dirname(missing);
  const siblings = await readdir(dirname(missing)).catch(() => []);
  const alike = mostAlike(basename(missing), siblings);
  const what = missing === resolve(path) ? "it does not exist" : `there is no folder ${missing}`;
  return new StriateError(
    `cannot ${action} ${path}: ${what}`,
    alike.length > 0
      ? `Did you mean ${alike.join(" or ")}?`
      : `Check the spelling; looked in ${dirname(missing)}`,
  );
}

/** At most three names that differ from `name` by about a third of its letters or fewer, nearest first. */
function mostAlike(name: string, candidates: readonly string[]): string[] {
  const most = Math.max(2, Math.floor(name.length / 3));
  return candidates
    .filter((candidate) => Math.abs(candidate.length - name.length) <= most)
    .slice(0, 2000)
    .map((candidate) => ({ candidate, edits: editDistance(name.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ edits }) => edits <= most)
    .sort((a, b) => a.edits - b.edits)
    .slice(0, 3)
    .map(({ candidate }) => candidate);
}

/** Levenshtein (1966): insertions, deletions and substitutions that turn `a` into `b`. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length];
}
