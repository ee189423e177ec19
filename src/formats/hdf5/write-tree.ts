import { checkArray, type Dtype, type NumericArrayLike } from "../array.ts";
import { type Hdf5Library, libraryFile, Refusal } from "./library.ts";
import type { NewHdf5Dataset, NewHdf5Group } from "./tree.ts";

const truncate = 2;
const gzipLevel = 4;
const deflate = 1;
const largestChunk = 2 ** 20;
const text = { type: 3, size: 4, signed: false, vlen: true, cset: 1 };

/** Writes a file: arrays of numbers chunked and gzipped, scalars and text as they are. */
export function writeTree(library: Hdf5Library, root: NewHdf5Group): Uint8Array<ArrayBuffer> {
  library.reset(Number.POSITIVE_INFINITY);
  const { module } = library;
  const file = module.open(libraryFile, truncate, false, -1, -1);
  const succeed = (path: string, ...statuses: number[]) => {
    const complaint = library.complaint();
    if (complaint !== undefined || statuses.some((status) => status < 0)) {
      throw new Refusal(path, complaint ?? "the HDF5 library could not write it");
    }
  };
  const writeGroup = (group: NewHdf5Group, parent: string) => {
    for (const [name, child] of Object.entries(group.children)) {
      const path = `${parent}/${name}`;
      if (child.kind === "group") {
        succeed(path, module.create_group(file, path, false));
        writeGroup(child, path);
      } else {
        succeed(path, writeDataset(library, file, path, child));
      }
    }
  };
  succeed("", Number(file < 0n ? -1 : 0));
  writeGroup(root, "");
  succeed("", module.close_file(file));
  return module.FS.readFile(libraryFile);
}

function writeDataset(library: Hdf5Library, file: bigint, path: string, dataset: NewHdf5Dataset): number {
  const { module } = library;
  const extents = dataset.shape.map(BigInt);
  const plain = { shape: extents, maxshape: extents, chunks: null, track_order: false };
  if (Array.isArray(dataset.data)) {
    return module.create_vlen_str_dataset(file, path, dataset.data, { ...text, ...plain });
  }
  const { shape, dtype, data } = checkArray(dataset as NumericArrayLike, path);
  const pointer = module._malloc(Math.max(1, data.byteLength));
  if (pointer === 0) throw new Refusal(path, `there is no memory for ${data.byteLength} bytes`);
  module.HEAPU8.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), pointer);
  const filter =
    data.length === 0 || shape.length === 0
      ? {}
      : {
          chunks: chunkShape(shape, data.BYTES_PER_ELEMENT).map(BigInt),
          compression: deflate,
          compression_opts: [gzipLevel],
        };
  const description = { ...elementType(dtype, data.BYTES_PER_ELEMENT), ...plain, ...filter };
  const status = module.create_dataset(file, path, BigInt(pointer), description);
  module._free(pointer);
  return status;
}

function elementType(dtype: Dtype, size: number): object {
  const type = dtype.startsWith("float") ? 1 : 0;
  return { type, size, signed: dtype.startsWith("int"), vlen: false };
}

/** The whole array, or halved along its leading axes until it has a mebibyte or less. */
function chunkShape(shape: readonly number[], elementBytes: number): number[] {
  const chunk = [...shape];
  const bytes = () => chunk.reduce((product, size) => product * size, elementBytes);
  for (let axis = 0; axis < chunk.length; axis++) {
    while (chunk[axis] > 1 && bytes() > largestChunk) chunk[axis] = Math.ceil(chunk[axis] / 2);
  }
  return chunk;
}
