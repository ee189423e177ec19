import { StriateError } from "../error.ts";
import { checkArray, elementCount, formatShape, type NumericArrayLike } from "./array.ts";
import { askHdf5Worker } from "./hdf5/host.ts";
import type { Hdf5Group, Hdf5Selection, NewHdf5Dataset, NewHdf5Group } from "./hdf5/tree.ts";

/**
 * Reads an HDF5 file, all of it, with the HDF5 library (h5wasm) in a worker. Whatever the bytes are, this comes back:
 * the library has 1.5 s and a second for each mebibyte, and the values may take 64 MiB and 32 times the file.
 *
 * @param name what error messages call the file.
 * @param values false to have shapes and element types without values; paths to have attributes, and the values of
 * those datasets and of what lies below those groups.
 * @throws StriateError, naming the object in the file where that is known.
 */
export async function readHdf5(
  bytes: Uint8Array,
  name: string,
  values: Hdf5Selection = true,
): Promise<Hdf5Group> {
  const copy = new Uint8Array(bytes);
  const outcome = await askHdf5Worker({ kind: "read", bytes: copy, values }, [copy.buffer], bytes.length);
  if (outcome.kind === "tree") return outcome.root;
  const { object, reason } = outcome as { object: string; reason: string };
  throw new StriateError(
    `${name}: ${object === "" ? "" : `${object}: `}not readable as HDF5: ${reason}`,
    "The file is cut short or corrupt: fetch or save it again",
  );
}

/**
 * Writes an HDF5 file. Arrays of numbers are gzipped; text is of variable length, UTF-8; `bool` becomes uint8. The
 * same tree gives the same bytes.
 *
 * @throws StriateError for a name or a value that HDF5 cannot hold.
 */
export async function writeHdf5(root: NewHdf5Group): Promise<Uint8Array> {
  let bytes = 0;
  const packed = copyOf(root, "", (size) => {
    bytes += size;
  });
  const outcome = await askHdf5Worker({ kind: "write", root: packed }, [], bytes);
  if (outcome.kind === "file") return outcome.bytes;
  const { object, reason } = outcome as { object: string; reason: string };
  throw new StriateError(`hdf5: ${object === "" ? "" : `${object}: `}not written: ${reason}`);
}

/** A copy that shares no memory: what is sent to a worker takes the whole buffer under a view along. */
function copyOf(group: NewHdf5Group, path: string, count: (bytes: number) => void): NewHdf5Group {
  const children = Object.entries(group.children).map(([name, child]) => {
    if (name === "" || name === "." || /[/\0]/.test(name)) {
      throw new StriateError(
        `hdf5: ${JSON.stringify(name)} in ${path === "" ? "/" : path} is no name for an object of an HDF5 file`,
        "Give a name that is not empty, not a dot and without slashes",
      );
    }
    const childPath = `${path}/${name}`;
    return [
      name,
      child.kind === "group" ? copyOf(child, childPath, count) : copyOfDataset(child, childPath, count),
    ];
  });
  return { kind: "group", children: Object.fromEntries(children) };
}

function copyOfDataset(
  dataset: NewHdf5Dataset,
  path: string,
  count: (bytes: number) => void,
): NewHdf5Dataset {
  if (!Array.isArray(dataset.data)) {
    const { shape, data } = checkArray(dataset as NumericArrayLike, `hdf5: ${path}`);
    count(data.byteLength);
    return { kind: "dataset", shape, data: data.slice() };
  }
  const text: readonly string[] = dataset.data;
  if (elementCount(dataset.shape) !== text.length) {
    throw new StriateError(
      `hdf5: ${path}: shape ${formatShape(dataset.shape)} needs ${elementCount(dataset.shape)} texts, there are ${text.length}`,
      "Give data and shape that belong together",
    );
  }
  if (text.some((entry) => entry.includes("\0"))) {
    throw new StriateError(`hdf5: ${path}: a text holds a zero byte, where HDF5 ends it`, "Take it out");
  }
  count(text.length * 16);
  return { kind: "dataset", shape: [...dataset.shape], data: [...text] };
}
