export { setRuntimeFiles } from "./runtime/web.ts";
export * from "./index.ts";
