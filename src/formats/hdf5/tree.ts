import type { NumericArray, TypedArray } from "../array.ts";
import type { TextArray } from "../npy.ts";

/** What a dataset or an attribute holds. */
export type Hdf5Value = NumericArray | TextArray | Hdf5Unread;

/** A value that was not asked for, or of an element type that is not read: `dtype` says which, in words. */
export interface Hdf5Unread {
  shape: number[];
  dtype: string;
  data: undefined;
  /** Of references to objects that were asked for by path: their paths; "" for one that leads nowhere. */
  targets?: string[];
}

export interface Hdf5Group {
  kind: "group";
  /** By name. */
  children: Record<string, Hdf5Object>;
  attributes: Record<string, Hdf5Value>;
}

export interface Hdf5Dataset {
  kind: "dataset";
  value: Hdf5Value;
  attributes: Record<string, Hdf5Value>;
}

/** A soft or an external link: it is not followed. `target` is a path, after `file:` where it leads elsewhere. */
export interface Hdf5Link {
  kind: "link";
  target: string;
}

/** A named element type. */
export interface Hdf5Datatype {
  kind: "datatype";
}

export type Hdf5Object = Hdf5Group | Hdf5Dataset | Hdf5Link | Hdf5Datatype;

/** What a writer takes: numbers, or text of variable length. `shape` `[]` is a scalar. */
export interface NewHdf5Dataset {
  kind: "dataset";
  shape: readonly number[];
  data: TypedArray | readonly string[];
}

export interface NewHdf5Group {
  kind: "group";
  children: Readonly<Record<string, NewHdf5Group | NewHdf5Dataset>>;
}

/**
 * Which values are read: all numbers and text; none; or those of the datasets at these paths and below them, with all
 * attributes and with references.
 */
export type Hdf5Selection = boolean | readonly string[];

/** The child of that name; undefined when there is none. */
export function childOf(group: Hdf5Group, name: string): Hdf5Object | undefined {
  return Object.hasOwn(group.children, name) ? group.children[name] : undefined;
}
