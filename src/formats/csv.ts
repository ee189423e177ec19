import { StriateError } from "../error.ts";
import type { NumericArray } from "./array.ts";

/** A table of numbers, and what its columns are called where the first line says. */
export interface NumberTable {
  /** (rows, columns) float64; NaN where a cell is empty or says so. */
  readonly array: NumericArray;
  readonly header: readonly string[] | undefined;
}

/**
 * Splits text into lines of cells (RFC 4180, without line breaks in cells); the separator is the one of comma, semicolon
 * and tab that the first line has most of. Empty lines are left out.
 */
export function readCsvCells(bytes: Uint8Array): string[][] {
  const lines = new TextDecoder()
    .decode(bytes)
    .split(/\r?\n/)
    .filter((line) => line.trim() !== "");
  const separators = [",", ";", "\t"];
  const count = (separator: string) => (lines[0] ?? "").split(separator).length;
  const separator = separators.reduce((best, each) => (count(each) > count(best) ? each : best));
  return lines.map((line) => splitLine(line, separator));
}

function splitLine(line: string, separator: string): string[] {
  const cells: string[] = [];
  let cell = "";
  let isQuoted = false;
  for (const character of line) {
    if (character === '"') isQuoted = !isQuoted;
    else if (character === separator && !isQuoted) {
      cells.push(cell.trim());
      cell = "";
    } else cell += character;
  }
  return [...cells, cell.trim()];
}

/**
 * Reads a table of numbers; a first line with a cell that is no number is its header.
 *
 * @param name what error messages call the file.
 * @throws StriateError for a line of another length, a cell that is no number, and a table with no rows.
 */
export function readCsv(bytes: Uint8Array, name: string): NumberTable {
  const lines = readCsvCells(bytes);
  const header = lines[0]?.some((cell) => numberOf(cell) === undefined) ? lines[0] : undefined;
  const rows = header === undefined ? lines : lines.slice(1);
  if (rows.length === 0)
    throw new StriateError(`${name}: there are no numbers in it`, "Give a table of numbers");
  const columns = lines[0]!.length;
  const data = new Float64Array(rows.length * columns);
  rows.forEach((cells, row) => {
    const place = `line ${row + (header === undefined ? 1 : 2)}`;
    if (cells.length !== columns)
      throw new StriateError(
        `${name}: ${place} has ${cells.length} cells, the first line ${columns}`,
        "Give a table with as many cells in each line",
      );
    cells.forEach((cell, column) => {
      const value = numberOf(cell);
      if (value === undefined)
        throw new StriateError(
          `${name}: ${place}, cell ${column + 1} holds "${cell}", which is no number`,
          "Write numbers, and nothing or NaN where one is missing",
        );
      data[row * columns + column] = value;
    });
  });
  return { array: { shape: [rows.length, columns], dtype: "float64", data }, header };
}

/** Undefined where a cell is no number. */
function numberOf(cell: string): number | undefined {
  if (/^(nan|na|)$/i.test(cell)) return Number.NaN;
  const value = Number(cell);
  return Number.isNaN(value) ? undefined : value;
}
