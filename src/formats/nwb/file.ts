import { StriateError } from "../../error.ts";
import { childOf, type Hdf5Dataset, type Hdf5Group, type Hdf5Object, type Hdf5Value } from "../hdf5/tree.ts";
import { readHdf5 } from "../hdf5.ts";

/** An object with the path at which it lies once links are followed. */
export interface Placed<Kind extends Hdf5Object = Hdf5Object> {
  readonly path: string;
  readonly object: Kind;
}

/** Small texts that say what a file is about; they are read with its outline. */
const about = [
  ...["/session_description", "/session_start_time", "/identifier", "/general/session_id", "/general/lab"],
  ...["/general/institution", "/general/experiment_description", "/general/subject"],
];
const mostLinks = 16;

/**
 * A file of Neurodata Without Borders, version 2 (https://nwb-schema.readthedocs.io): first an outline without the
 * values of datasets, which can be many gigabytes once unpacked, then the values that are asked for.
 */
export class NwbFile {
  readonly name: string;
  readonly #bytes: Uint8Array;
  readonly #root: Hdf5Group;

  private constructor(bytes: Uint8Array, name: string, root: Hdf5Group) {
    this.#bytes = bytes;
    this.name = name;
    this.#root = root;
  }

  /** @throws StriateError when it is no HDF5 file, or no NWB file of version 2. */
  static async open(bytes: Uint8Array, name: string): Promise<NwbFile> {
    const file = new NwbFile(bytes, name, await readHdf5(bytes, name, about));
    const version = file.version;
    if (version?.startsWith("2.")) return file;
    const old = version?.startsWith("1.") || childOf(file.#root, "nwb_version") !== undefined;
    throw new StriateError(
      `${name}: ${version === undefined ? (old ? "an NWB file of version 1" : "an HDF5 file without the attribute nwb_version") : `NWB version ${version}`}; expected NWB 2`,
      old ? "Convert it to NWB 2 first" : "Give a file that PyNWB or MatNWB wrote",
    );
  }

  /** The same file with the values of what lies at these paths and below them. */
  async load(paths: readonly string[]): Promise<NwbFile> {
    return new NwbFile(
      this.#bytes,
      this.name,
      await readHdf5(this.#bytes, this.name, [...new Set([...about, ...paths])]),
    );
  }

  get version(): string | undefined {
    return textOf(this.#root.attributes.nwb_version);
  }

  /** @throws StriateError when a link on the way leads out of the file, nowhere, or in a circle. */
  find(path: string): Placed | undefined {
    return this.#follow(path, mostLinks);
  }

  group(path: string): Placed<Hdf5Group> | undefined {
    const found = this.find(path);
    return found?.object.kind === "group" ? (found as Placed<Hdf5Group>) : undefined;
  }

  dataset(path: string): Placed<Hdf5Dataset> | undefined {
    const found = this.find(path);
    return found?.object.kind === "dataset" ? (found as Placed<Hdf5Dataset>) : undefined;
  }

  /** Text stored at a path; undefined when there is none. */
  text(path: string): string | undefined {
    return textOf(this.dataset(path)?.object.value);
  }

  /** The names in a group, in the order of the file. */
  names(path: string): string[] {
    return Object.keys(this.group(path)?.object.children ?? {});
  }

  /** Groups below a path, itself first, that satisfy a condition; links are not followed. */
  groups(path: string, fits: (group: Placed<Hdf5Group>) => boolean): Placed<Hdf5Group>[] {
    const start = this.group(path);
    if (start === undefined) return [];
    const below = Object.entries(start.object.children).flatMap(([name, child]) =>
      child.kind === "group" ? this.groups(`${start.path}/${name}`, fits) : [],
    );
    return fits(start) ? [start, ...below] : below;
  }

  /** The error of something in this file. */
  error(path: string, problem: string, advice?: string): StriateError {
    return new StriateError(`${this.name}: ${path}: ${problem}`, advice);
  }

  #follow(path: string, linksLeft: number): Placed | undefined {
    const steps = path.split("/").filter((step) => step !== "");
    let object: Hdf5Object = this.#root;
    for (let index = 0; index < steps.length; index++) {
      const child: Hdf5Object | undefined =
        object.kind === "group" ? childOf(object, steps[index]!) : undefined;
      if (child === undefined) return undefined;
      if (child.kind === "link") {
        const here = `/${steps.slice(0, index).join("/")}`;
        const target = this.#targetOf(child.target, here, `${here}/${steps[index]}`, linksLeft);
        return this.#follow([target, ...steps.slice(index + 1)].join("/"), linksLeft - 1);
      }
      object = child;
    }
    return { path: `/${steps.join("/")}`, object };
  }

  #targetOf(target: string, folder: string, link: string, linksLeft: number): string {
    if (linksLeft === 0) throw this.error(link, "links lead to each other without end");
    if (/^[^/]*:\//.test(target) || target.includes(".nwb:") || target.includes(".h5:"))
      throw this.error(
        link,
        `a link into another file, ${target}, which is not followed`,
        "Export the file with its links resolved (NWBHDF5IO.export of PyNWB)",
      );
    return target.startsWith("/") ? target : `${folder}/${target}`;
  }
}

/** The neurodata type that a group or a dataset says it has, such as "IndexSeries". */
export const typeOf = ({ object }: Placed): string | undefined =>
  object.kind === "group" || object.kind === "dataset" ? textOf(object.attributes.neurodata_type) : undefined;

/** One text; undefined for anything else. */
export function textOf(value: Hdf5Value | undefined): string | undefined {
  return value?.dtype === "text" && value.data?.length === 1 ? (value.data[0] as string) : undefined;
}

/** The last name of a path. */
export const lastName = (path: string): string => path.slice(path.lastIndexOf("/") + 1);
