const zipSignature = [0x50, 0x4b, 3, 4];
/** A pickle of the magic number that torch.save wrote before PyTorch 1.6. */
const oldSignature = [0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];

const begins = (bytes: Uint8Array, signature: readonly number[]) =>
  signature.every((byte, index) => bytes[index] === byte);

/** Whether a file is one of torch.save: a zip archive that begins with `<folder>/data.pkl`, or of the old format. */
export function isTorch(bytes: Uint8Array): boolean {
  if (isOldTorch(bytes)) return true;
  if (!begins(bytes, zipSignature) || bytes.length < 30) return false;
  const length = bytes[26]! + 256 * bytes[27]!;
  return /^[^/]+\/data\.pkl$/.test(new TextDecoder().decode(bytes.subarray(30, 30 + length)));
}

/** Whether a file is of the format before PyTorch 1.6, which is no zip archive. */
export const isOldTorch = (bytes: Uint8Array): boolean => begins(bytes, oldSignature);
