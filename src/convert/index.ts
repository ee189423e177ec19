export * from "./fast-snn/index.ts";
