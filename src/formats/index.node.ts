export { loadDataset } from "./dataset.node.ts";
export { describeFile } from "./describe.node.ts";
export { openEventFile } from "./events/files.node.ts";
export { withFileTree } from "./file-tree.node.ts";
export {
  discardUnfinishedWrites,
  makeFolder,
  readFileOrExplain,
  sweepTemporaryFiles,
  writeFileAtomic,
} from "./files.node.ts";
export { type ImageOptions, type NamedImages, readImages } from "./image-files.node.ts";
export { readNirFile, writeNirFile } from "./nir.node.ts";
export { type NwbFileOptions, readNwbRecording } from "./nwb.node.ts";
export { readOnnxFile } from "./onnx.node.ts";
export { isRecording, readRecording, recordingsIn } from "./recordings.node.ts";
export { type WriteRecordingOptions, writeSensorium } from "./sensorium.node.ts";
