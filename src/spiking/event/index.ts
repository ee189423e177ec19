export { type CameraEvents, EventEngine, type EventEngineOptions } from "./engine.ts";
