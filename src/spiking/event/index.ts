export { EventEngine, type EventEngineOptions } from "./engine.ts";
