export * from "./index.ts";
export { setRuntimeFiles } from "./runtime/web.ts";
