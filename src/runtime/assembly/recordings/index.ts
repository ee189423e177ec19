/** Decoders of event-camera records; src/runtime/kernels/recordings.ts is their face in TypeScript. */
export { dat } from "./dat";
export { evt2 } from "./evt2";
export { evt3 } from "./evt3";
