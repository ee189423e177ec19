import type { Hdf5Dataset, Hdf5Group } from "../hdf5/tree.ts";
import { type NwbFile, type Placed, textOf } from "./file.ts";
import { numbersOf, requireNumbers } from "./values.ts";

/** A column: a value for each row, or several (`ragged`). */
export interface TableColumn {
  readonly name: string;
  readonly description: string | undefined;
  readonly dtype: string;
  readonly isRagged: boolean;
}

/** Lists of numbers: list i is `values` from `ends[i − 1]`, or 0, to `ends[i]`. */
export interface Lists {
  readonly values: Float64Array;
  readonly ends: Float64Array;
}

/**
 * A table of hdmf-common (DynamicTable): a group whose datasets are the columns. Where a row has several values,
 * the dataset `<column>_index` says where in `<column>` those of each row end.
 */
export class DynamicTable {
  readonly file: NwbFile;
  readonly path: string;
  readonly rows: number;
  readonly #group: Hdf5Group;

  constructor(file: NwbFile, { path, object }: Placed<Hdf5Group>) {
    this.file = file;
    this.path = path;
    this.#group = object;
    this.rows = this.#countRows();
  }

  /** In the order of `colnames`, then datasets that it does not name. */
  get columns(): TableColumn[] {
    const { attributes, children } = this.#group;
    const named = attributes.colnames?.dtype === "text" ? (attributes.colnames.data ?? []) : [];
    const others = Object.keys(children).filter(
      (name) => name !== "id" && !(name.endsWith("_index") && name.replace(/_index$/, "") in children),
    );
    return [...new Set([...named, ...others])].flatMap((name) => {
      const dataset = this.dataset(name);
      if (dataset === undefined) return [];
      const description = textOf(dataset.object.attributes.description);
      const isRagged = this.dataset(`${name}_index`) !== undefined;
      return [{ name, description, dtype: dataset.object.value.dtype, isRagged }];
    });
  }

  dataset(column: string): Placed<Hdf5Dataset> | undefined {
    return this.file.dataset(`${this.path}/${column}`);
  }

  has(column: string): boolean {
    return this.dataset(column) !== undefined;
  }

  /** The paths to be loaded for columns: theirs and those of their indices, links followed. */
  pathsOf(columns: readonly string[]): string[] {
    return columns
      .flatMap((column) => [column, `${column}_index`, `${column}_index_index`])
      .flatMap((column) => this.dataset(column)?.path ?? []);
  }

  /** A number for each row. @throws StriateError when there is no such column, or it holds anything else. */
  numbers(column: string): Float64Array {
    const numbers = requireNumbers(this.file, this.#needed(column));
    return this.#perRow(column, numbers);
  }

  /** A number or a text for each row. @throws StriateError as `numbers`. */
  cells(column: string): ArrayLike<number | string> {
    const placed = this.#needed(column);
    const { value } = placed.object;
    if (value.dtype === "text" && value.data !== undefined) return this.#perRow(column, value.data);
    return this.numbers(column);
  }

  /**
   * The lists of a ragged column; one of single values gives lists of one.
   *
   * @param width how many numbers make one value.
   */
  lists(column: string, width = 1): Lists {
    const dataset = this.#needed(column);
    const values = requireNumbers(this.file, dataset);
    const index = this.dataset(`${column}_index`);
    if (index === undefined) {
      const ends = Float64Array.from({ length: this.rows }, (_, row) => row + 1);
      this.#perRow(column, { length: values.length / width });
      return { values, ends };
    }
    const ends = this.#perRow(`${column}_index`, requireNumbers(this.file, index));
    ends.forEach((end, row) => {
      const begin = row === 0 ? 0 : ends[row - 1]!;
      if (end < begin || end > values.length / width)
        throw this.file.error(
          index.path,
          `row ${row} ends at ${end}, after ${begin}, of ${values.length / width} values`,
          "The file is broken: write it again",
        );
    });
    return { values, ends };
  }

  /** The identifiers of the rows, or their numbers where there are none. */
  ids(): string[] {
    const ids = numbersOf(this.dataset("id")?.object.value);
    return Array.from({ length: this.rows }, (_, row) => String(ids?.[row] ?? row));
  }

  #needed(column: string): Placed<Hdf5Dataset> {
    const dataset = this.dataset(column);
    if (dataset !== undefined) return dataset;
    throw this.file.error(
      this.path,
      `has no column '${column}'`,
      `Its columns are ${this.columns.map(({ name }) => name).join(", ")}`,
    );
  }

  #perRow<Values extends { readonly length: number }>(column: string, values: Values): Values {
    if (values.length === this.rows) return values;
    throw this.file.error(
      `${this.path}/${column}`,
      `has ${values.length} values for ${this.rows} rows`,
      "The file is broken: write it again",
    );
  }

  #countRows(): number {
    const id = this.dataset("id") ?? this.dataset("start_time") ?? this.dataset("spike_times_index");
    const length = id?.object.value.shape[0];
    if (length === undefined)
      throw this.file.error(this.path, "has no column 'id', so it is no table of NWB", "Give a table");
    return length;
  }
}
