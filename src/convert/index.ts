export * from "./fast-snn/index.ts";
export * from "./spiking-resnet/index.ts";
