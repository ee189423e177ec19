import { StriateError } from "../error.ts";

/** Deflate cannot shrink below 1 : 1032 (a 258-byte match takes at least two bits), so a file bounds its content. */
const largestRatio = 1032;

/** Whether the bytes begin as gzip (RFC 1952) does. */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes.length >= 2 && bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/** Decompresses piece by piece. Throws StriateError, naming the file, where the stream is corrupt or ends early. */
export async function* gunzipPieces(bytes: Uint8Array, name: string): AsyncGenerator<Uint8Array> {
  const compressed = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream();
  const reader = compressed.pipeThrough(new DecompressionStream("gzip")).getReader();
  let length = 0;
  try {
    for (;;) {
      const step = await reader.read().catch((error: Error) => {
        throw new StriateError(
          `${name}: the gzip data is corrupt or cut short; ${length} bytes came out of ${bytes.length} before it broke (${error.message})`,
          "Fetch the file again",
        );
      });
      if (step.done) return;
      length += step.value.length;
      yield step.value;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/** The first `length` decompressed bytes, or all when there are fewer. */
export async function gunzipHead(bytes: Uint8Array, name: string, length: number): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let total = 0;
  for await (const piece of gunzipPieces(bytes, name)) {
    pieces.push(piece);
    total += piece.length;
    if (total >= length) break;
  }
  return joined(pieces, total).subarray(0, length);
}

/**
 * Decompresses a file whose own header says how long it is, and never holds more than that.
 *
 * @param promised the length in bytes that the first decompressed bytes announce; undefined while they are too few.
 * @param most bytes that are accepted at all.
 */
export async function gunzipExactly(
  bytes: Uint8Array,
  name: string,
  promised: (head: Uint8Array) => number | undefined,
  most = 2 ** 31,
): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let total = 0;
  let expected: number | undefined;
  for await (const piece of gunzipPieces(bytes, name)) {
    pieces.push(piece);
    total += piece.length;
    if (expected === undefined) {
      expected = promised(joined(pieces, total));
      if (expected !== undefined)
        refuseImpossible(expected, Math.min(most, bytes.length * largestRatio), bytes, name);
    }
    if (expected !== undefined && total > expected) {
      throw new StriateError(
        `${name}: the header says ${expected} bytes, but more than that is packed in the file`,
        "The file is corrupt or not what it says it is: fetch it again",
      );
    }
  }
  return joined(pieces, total);
}

function refuseImpossible(expected: number, limit: number, bytes: Uint8Array, name: string): void {
  if (expected <= limit) return;
  throw new StriateError(
    `${name}: the header says ${expected} bytes, but ${bytes.length} bytes of gzip are accepted to unpack to at most ${limit}`,
    "The file is corrupt or not what it says it is: fetch it again",
  );
}

function joined(pieces: Uint8Array[], total: number): Uint8Array {
  if (pieces.length === 1) return pieces[0];
  const whole = new Uint8Array(total);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
