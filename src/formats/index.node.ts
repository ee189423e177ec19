export { loadDataset } from "./dataset.node.ts";
export { describeFile } from "./describe.node.ts";
export {
  discardUnfinishedWrites,
  makeFolder,
  readFileOrExplain,
  sweepTemporaryFiles,
  writeFileAtomic,
} from "./files.node.ts";
