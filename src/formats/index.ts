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
export {
  type DescribedNode,
  type Describer,
  type Description,
  describeBytes,
  describers,
} from "./describe.ts";
export { type ByteStream, byteStreamOf } from "./events/byte-reader.ts";
export type { CorruptPlace } from "./events/corruption.ts";
export type { EventFileHeader, EventFormatName } from "./events/format.ts";
export { eventFormats, sniffEvents } from "./events/formats.ts";
export { type EventFrame, type EventFrameSettings, frameEvents } from "./events/frames.ts";
export {
  collectEvents,
  copyEvents,
  type EventPacket,
  type Events,
  joinEvents,
  type SensorSize,
} from "./events/packet.ts";
export { type EventStream, type ReadEventsOptions, readEvents } from "./events/read.ts";
export { encodeEvents, type WriteEventsOptions, writeEvents } from "./events/write.ts";
export { type FileTree, subtree } from "./file-tree.ts";
export type {
  Hdf5Dataset,
  Hdf5Datatype,
  Hdf5Group,
  Hdf5Link,
  Hdf5Object,
  Hdf5Selection,
  Hdf5Unread,
  Hdf5Value,
  NewHdf5Dataset,
  NewHdf5Group,
} from "./hdf5/tree.ts";
export { readHdf5, writeHdf5 } from "./hdf5.ts";
export { parseIdx, readIdx, writeIdx } from "./idx.ts";
export { type NirFile, readNir, writeNir } from "./nir.ts";
export type * from "./nir-graph.ts";
export { inferShapes, type NirShapes } from "./nir-shapes.ts";
export {
  type EventFrameOptions,
  type EventRecording,
  eventFrames,
  nmnistSensor,
  readNmnist,
} from "./nmnist.ts";
export { readNpy, type TextArray, writeNpy } from "./npy.ts";
export { readNpz, writeNpz } from "./npz.ts";
export { type NwbOptions, readNwb } from "./nwb.ts";
export type { ReadExternal } from "./onnx/external.ts";
export { readOnnx, readOnnxTensor } from "./onnx.ts";
export type {
  OnnxArray,
  OnnxAttribute,
  OnnxFile,
  OnnxGraph,
  OnnxGraphNode,
  OnnxPort,
} from "./onnx-graph.ts";
export { checkRecording, type ImageStack, type Recording, type Tier, tiers } from "./recording.ts";
export { greyImages, resizeImages } from "./resize-images.ts";
export { readSafetensors, type SafetensorsFile, writeSafetensors } from "./safetensors.ts";
export { type ReadRecordingOptions, readSensorium } from "./sensorium.ts";
export { sensoriumFiles } from "./sensorium-write.ts";
export { type FileFormat, sniff } from "./sniff.ts";
export { readTorch, type TorchFile } from "./torch.ts";
export { listZip, type ZipEntry } from "./zip.ts";
export { type ByteSource, sourceOfBytes, zipTree } from "./zip-tree.ts";
