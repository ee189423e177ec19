export { type Backend, currentBackend, useBackend } from "./backend.ts";
export {
  type ArrayValue,
  type CompileOptions,
  compile,
  type GraphDefinition,
  Program,
  type TensorData,
} from "./compile.ts";
export { blockSize, type LoweringName, log } from "./lowering.ts";
