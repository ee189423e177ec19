/** The kernels compiled into one WebAssembly module; src/runtime/kernels/parameters.ts is their face in TypeScript. */
export { adam } from "./adam";
export { firstNonFinite, sumOfSquares } from "./check";
export { wordsToNormal } from "./normal";
export { philoxWords, wordsToUniform } from "./random";
export { sgd, sgdMomentum } from "./sgd";
