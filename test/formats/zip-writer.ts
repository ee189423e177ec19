const crcOf = (bytes: Uint8Array) => {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
};

/** A zip archive of stored files whose sizes and offsets stand only in zip64 records. */
export function zip64Of(files: Readonly<Record<string, Uint8Array>>): Uint8Array {
  const chunks: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let at = 0;
  const push = (bytes: Uint8Array) => {
    chunks.push(bytes);
    at += bytes.length;
  };
  for (const [name, content] of Object.entries(files)) {
    const text = new TextEncoder().encode(name);
    const headerAt = at;
    const local = new DataView(new ArrayBuffer(30));
    local.setUint32(0, 0x04034b50, true);
    local.setUint16(26, text.length, true);
    push(new Uint8Array(local.buffer));
    push(text);
    push(content);
    const entry = new DataView(new ArrayBuffer(46 + text.length + 28));
    entry.setUint32(0, 0x02014b50, true);
    entry.setUint32(16, crcOf(content), true);
    for (const place of [20, 24, 42]) entry.setUint32(place, 0xffffffff, true);
    entry.setUint16(28, text.length, true);
    entry.setUint16(30, 28, true);
    new Uint8Array(entry.buffer).set(text, 46);
    const extra = 46 + text.length;
    entry.setUint16(extra, 1, true);
    entry.setUint16(extra + 2, 24, true);
    [content.length, content.length, headerAt].forEach((value, index) => {
      entry.setBigUint64(extra + 4 + index * 8, BigInt(value), true);
    });
    directory.push(new Uint8Array(entry.buffer));
  }
  const directoryAt = at;
  for (const entry of directory) push(entry);
  const endAt = at;
  const end = new DataView(new ArrayBuffer(56 + 20 + 22));
  end.setUint32(0, 0x06064b50, true);
  end.setBigUint64(32, BigInt(directory.length), true);
  end.setBigUint64(48, BigInt(directoryAt), true);
  end.setUint32(56, 0x07064b50, true);
  end.setBigUint64(64, BigInt(endAt), true);
  end.setUint32(76, 0x06054b50, true);
  end.setUint16(86, 0xffff, true);
  end.setUint32(92, 0xffffffff, true);
  push(new Uint8Array(end.buffer));
  const whole = new Uint8Array(at);
  let to = 0;
  for (const chunk of chunks) {
    whole.set(chunk, to);
    to += chunk.length;
  }
  return whole;
}
