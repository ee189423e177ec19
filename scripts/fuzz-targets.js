import {
  collectEvents,
  describeBytes,
  readEvents,
  readHdf5,
  readNir,
  readNwb,
  readOnnx,
  readOnnxTensor,
  readTorch,
} from "../dist/src/formats/index.js";
import "../dist/src/formats/index.node.js";

const refuse = async (bytes, name) => collectEvents(await readEvents(bytes, name));
const skip = async (bytes, name) => collectEvents(await readEvents(bytes, name, { onCorrupt: "skip" }));
const eventSeeds = [
  "aedat2.aedat",
  "aedat3.aedat",
  "lz4.aedat4",
  "none.aedat4",
  "zstd.aedat4",
  "dat.dat",
  "evt2.raw",
  "evt21.raw",
  "evt3.raw",
].map((name) => `events/${name}`);

/**
 * The file formats to fuzz: `seeds` are files below test/fixtures/ that are mutated, `parse(bytes, name)` reads one, and
 * may return a promise. To add a format, add a line.
 */
export const targets = [
  { name: "onnx", seeds: ["onnx/network.onnx", "onnx/types.onnx", "onnx/control.onnx"], parse: readOnnx },
  { name: "onnx-info", seeds: ["onnx/network.onnx", "onnx/control_reversed.onnx"], parse: describeBytes },
  {
    name: "onnx-external",
    seeds: ["onnx/external.onnx"],
    parse: (bytes, name) => readOnnx(bytes, name, () => new Uint8Array(24)),
  },
  { name: "onnx-tensor", seeds: ["onnx/tensor.pb"], parse: readOnnxTensor },
  {
    name: "hdf5",
    seeds: ["hdf5/kinds.h5", "hdf5/kinds_latest.h5"],
    parse: (bytes, name) => readHdf5(bytes, name),
  },
  {
    name: "torch",
    seeds: ["torch/types.pth", "torch/checkpoint.pth", "torch/protocol4.pth"],
    parse: readTorch,
  },
  { name: "nir", seeds: ["nir/nested.nir", "nir/old.nir", "nir/every.nir"], parse: readNir },
  { name: "events", seeds: eventSeeds, parse: refuse },
  { name: "events-skip", seeds: eventSeeds, parse: skip },
  { name: "nwb", seeds: ["nwb/index_series.nwb", "nwb/optical_series.nwb"], parse: readNwb },
];
