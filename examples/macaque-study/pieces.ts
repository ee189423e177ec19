import { RunFolder } from "../../src/recipes/run-folder.node.ts";

/** Results by name that are computed once: a study that was stopped goes on with those that are missing. */
export class Pieces {
  readonly folder: RunFolder;

  private constructor(folder: RunFolder) {
    this.folder = folder;
  }

  static async open(path: string): Promise<Pieces> {
    return new Pieces(await RunFolder.open(path));
  }

  /** The JSON value of `name`, from disk, or from `compute`, and then written. */
  async get<T>(name: string, compute: (folder: RunFolder) => Promise<T>): Promise<T> {
    const file = `${name}.json`;
    if (this.folder.has(file)) return (await this.folder.readJson(file)) as T;
    const scratch = await RunFolder.open(this.folder.file(name));
    const value = await compute(scratch);
    await this.folder.writeJson(file, value);
    return value;
  }
}
