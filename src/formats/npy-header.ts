import { StriateError } from "../error.ts";

export interface NpyHeader {
  /** NumPy's name of the element type, such as `<f4`. */
  descr: string;
  fortranOrder: boolean;
  shape: number[];
  /** Where the elements begin. */
  headerBytes: number;
}

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
/** NumPy itself writes a few hundred characters and refuses to parse more than 10 000. */
const longestHeader = 65536;

/**
 * Parses the header of a .npy file: a Python dictionary with exactly `descr`, `fortran_order` and `shape`.
 * Nothing is evaluated: the three entries are matched as text.
 */
export function readNpyHeader(bytes: Uint8Array, name: string): NpyHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (!magic.every((byte, index) => bytes[index] === byte)) {
    throw new StriateError(
      `${name}: not a .npy file (it does not begin with \\x93NUMPY)`,
      "Save it with numpy.save",
    );
  }
  const version = bytes[6];
  const start = version === 1 ? 10 : 12;
  if (bytes.length < start) {
    throw new StriateError(
      `${name}: ${bytes.length} bytes are too few for a .npy header`,
      "The file is cut short",
    );
  }
  if (version < 1 || version > 3 || bytes[7] !== 0) {
    throw new StriateError(
      `${name}: .npy format ${version}.${bytes[7]}; expected 1.0, 2.0 or 3.0`,
      "Save it with numpy.save",
    );
  }
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > longestHeader || start + length > bytes.length) {
    throw new StriateError(
      `${name}: the header says it is ${length} bytes long, but the file has ${bytes.length - start} left and ${longestHeader} are accepted`,
      "The file is cut short or corrupt: save it again",
    );
  }
  const encoding = version === 3 ? "utf-8" : "latin1";
  const text = new TextDecoder(encoding).decode(bytes.subarray(start, start + length)).trim();
  const entries = parseDictionary(text, name);
  return { ...entries, headerBytes: start + length };
}

function parseDictionary(text: string, name: string): Omit<NpyHeader, "headerBytes"> {
  const descr = /['"]descr['"]\s*:\s*(?:'([^'\\]*)'|"([^"\\]*)")/.exec(text);
  const order = /['"]fortran_order['"]\s*:\s*(True|False)/.exec(text);
  const shape = /['"]shape['"]\s*:\s*\(([\d\sL,]*)\)/.exec(text);
  if (!/^\{[^{}]*\}$/.test(text) || order === null || shape === null || descr === null) {
    if (/['"]descr['"]\s*:\s*\[/.test(text)) {
      throw new StriateError(
        `${name}: holds records with named fields, not one array`,
        "Save each field as an array of its own",
      );
    }
    const shown = JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
    throw new StriateError(
      `${name}: the .npy header ${shown} is not a dictionary with descr, fortran_order and shape`,
      "The file is corrupt: save it with numpy.save",
    );
  }
  const parts = shape[1].split(",").map((part) => part.trim());
  if (parts[parts.length - 1] === "") parts.pop();
  const sizes = parts.map((part) => (/^\d+L?$/.test(part) ? Number.parseInt(part, 10) : Number.NaN));
  if (sizes.length > 64 || !sizes.every(Number.isSafeInteger)) {
    throw new StriateError(`${name}: (${shape[1]}) is not a shape`, "The file is corrupt: save it again");
  }
  return { descr: descr[1] ?? descr[2], fortranOrder: order[1] === "True", shape: sizes };
}
