/** The WebAssembly binary that scripts/kernels.js wrote as base64. */
export const binaryOf = (base64: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
