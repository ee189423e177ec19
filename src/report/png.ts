import { zlibSync } from "fflate";
import { StriateError } from "../error.ts";

/** The cyclic redundancy check of PNG chunks (ISO 3309, polynomial 0xedb88320). */
function crc32(bytes: Uint8Array): number {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(12 + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  bytes.set(new TextEncoder().encode(type), 4);
  bytes.set(data, 8);
  view.setUint32(8 + data.length, crc32(bytes.subarray(4, 8 + data.length)));
  return bytes;
}

/** PNG colour types by samples to the pixel. */
const colourTypes = { 1: 0, 4: 6 } as const;

/**
 * A PNG file (ISO/IEC 15948) of 8-bit samples, rows from the top: grey, or red, green, blue and opacity. The same in
 * Node and in a browser, and the same bytes for the same pixels.
 */
export function encodePng(width: number, height: number, channels: 1 | 4, samples: Uint8Array): Uint8Array {
  const stride = width * channels;
  if (!(width > 0 && height > 0) || samples.length !== stride * height) {
    throw new StriateError(
      `A PNG of ${width} × ${height} pixels was given ${samples.length} samples; expected ${stride * height}, ${channels} to the pixel`,
    );
  }
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header[8] = 8;
  header[9] = colourTypes[channels];
  const filterUp = 2;
  const rows = new Uint8Array((stride + 1) * height);
  for (let row = 0; row < height; row++) {
    const start = row * (stride + 1);
    rows[start] = filterUp;
    for (let i = 0; i < stride; i++) {
      const above = row > 0 ? samples[(row - 1) * stride + i] : 0;
      rows[start + 1 + i] = samples[row * stride + i] - above;
    }
  }
  const parts = [
    Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a),
    chunk("IHDR", header),
    chunk("IDAT", zlibSync(rows, { level: 9 })),
    chunk("IEND", new Uint8Array(0)),
  ];
  const file = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    file.set(part, offset);
    offset += part.length;
  }
  return file;
}

/** The file as a `data:` address, which needs no other file. */
export function pngDataUri(width: number, height: number, channels: 1 | 4, samples: Uint8Array): string {
  let binary = "";
  for (const byte of encodePng(width, height, channels, samples)) binary += String.fromCharCode(byte);
  return `data:image/png;base64,${btoa(binary)}`;
}
