export { loadDataset } from "./dataset.node.ts";
export { describeFile } from "./describe.node.ts";
export {
  discardUnfinishedWrites,
  makeFolder,
  readFileOrExplain,
  sweepTemporaryFiles,
  writeFileAtomic,
} from "./files.node.ts";
export { readNirFile, writeNirFile } from "./nir.node.ts";
export { readOnnxFile } from "./onnx.node.ts";
