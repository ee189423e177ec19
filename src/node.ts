import "./runtime/node.ts";

export * from "./formats/index.node.ts";
export * from "./index.ts";
export * from "./recipes/index.node.ts";
