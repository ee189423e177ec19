import { StriateError } from "../error.ts";

/** Files by path, read one at a time: a folder, an archive, or a part of one. */
export interface FileTree {
  /** What errors call it, such as the path of the folder or the archive. */
  readonly name: string;
  /** The files' paths, separated by `/`, in the order of their code points; folders are not among them. */
  readonly paths: readonly string[];
  /** What errors call one of the files. */
  locate(path: string): string;
  /**
   * Reads one file.
   *
   * @throws StriateError, which names the tree and the file, when there is none or it cannot be read.
   */
  read(path: string): Promise<Uint8Array>;
}

/** Whether a path is one that systems leave behind unasked: `__MACOSX/…`, and names that begin with a dot. */
export const isLeftBehind = (path: string): boolean => /(^|\/)(\.|__MACOSX(\/|$))/.test(path);

/** Orders text by code points, as Python's `sorted` does. */
export function byCodePoint(a: string, b: string): number {
  let at = 0;
  while (at < a.length && at < b.length && a[at] === b[at]) at++;
  // a low surrogate belongs to the character before it
  if (at > 0 && (isLowSurrogate(a, at) || isLowSurrogate(b, at))) at--;
  return (a.codePointAt(at) ?? -1) - (b.codePointAt(at) ?? -1);
}

const isLowSurrogate = (text: string, at: number) => (text.charCodeAt(at) & 0xfc00) === 0xdc00;

/** The files below a folder of a tree, by their paths from there. `folder` is "" or ends in `/`. */
export function subtree(tree: FileTree, folder: string): FileTree {
  if (folder === "") return tree;
  return {
    name: tree.locate(folder),
    paths: tree.paths.filter((path) => path.startsWith(folder)).map((path) => path.slice(folder.length)),
    locate: (path) => tree.locate(folder + path),
    read: (path) => tree.read(folder + path),
  };
}

/** The error for a file that a tree does not hold. */
export function missingFile(tree: Pick<FileTree, "locate" | "paths">, path: string): StriateError {
  const folder = path.slice(0, path.lastIndexOf("/") + 1);
  const beside = tree.paths.filter((other) => other.startsWith(folder)).slice(0, 4);
  return new StriateError(
    `${tree.locate(path)}: there is no such file`,
    beside.length > 0 ? `There is ${beside.join(", ")} …` : "Check that everything was copied",
  );
}
