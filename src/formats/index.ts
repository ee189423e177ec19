export {
  type Dtype,
  elementCount,
  formatShape,
  type NumericArray,
  type NumericArrayLike,
  type TypedArray,
} from "./array.ts";
export {
  type Cifar10Batch,
  cifar10ClassNames,
  cifar10RecordBytes,
  readCifar10,
  writeCifar10,
} from "./cifar10.ts";
export {
  countClasses,
  type DatasetPair,
  datasetFromCifar10,
  datasetFromIdx,
  hashImages,
  type IdxExpectation,
  type ImageDataset,
  type NamedArray,
  sliceDataset,
} from "./dataset.ts";
export { type Describer, type Description, describeBytes, describers } from "./describe.ts";
export { parseIdx, readIdx, writeIdx } from "./idx.ts";
export { readNpy, type TextArray, writeNpy } from "./npy.ts";
export { readSafetensors, type SafetensorsFile, writeSafetensors } from "./safetensors.ts";
export { type FileFormat, sniff } from "./sniff.ts";
export { listZip, type ZipEntry } from "./zip.ts";
