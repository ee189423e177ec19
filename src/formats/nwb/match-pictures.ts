/** Cells that name no picture: nothing was shown. */
const blanks = ["", "blank", "omitted", "none", "nan"];

type Naming = (text: string) => string | undefined;

const asIs: Naming = (text) => text;
const stem = (text: string): string => text.replace(/^.*[/\\]/, "").replace(/\.[A-Za-z]\w{1,4}$/, "");
const number: Naming = (text) => (/^\d+$/.test(stem(text)) ? String(Number(stem(text))) : undefined);

/**
 * Finds pictures by what a table calls them: the same text; else the same without folder and ending; else the same
 * number, so 7 finds `im/007.png`; else, where `byPosition`, the position. Names that fit several pictures find none.
 */
export class PictureFinder {
  readonly #namings: { naming: Naming; indices: Map<string, number> }[];
  readonly #count: number;
  readonly #byPosition: boolean;

  constructor(ids: readonly string[], byPosition: boolean) {
    this.#count = ids.length;
    this.#byPosition = byPosition;
    this.#namings = [asIs, stem, number].map((naming) => ({ naming, indices: uniqueNames(ids, naming) }));
  }

  /** The index of the picture; −1 for a cell that says that there was none; undefined when it is not known. */
  find(cell: string | number): number | undefined {
    const text = String(cell);
    for (const { naming, indices } of this.#namings) {
      const index = indices.get(naming(text) ?? "");
      if (index !== undefined) return index;
    }
    if (blanks.includes(text.trim().toLowerCase()) || Number(text) < 0) return -1;
    const position = Number(text);
    const isPosition = this.#byPosition && Number.isInteger(position) && position < this.#count;
    return isPosition ? position : undefined;
  }
}

function uniqueNames(ids: readonly string[], naming: Naming): Map<string, number> {
  const indices = new Map<string, number>();
  const shared = new Set<string>();
  ids.forEach((id, index) => {
    const name = naming(id);
    if (name === undefined || name === "") return;
    if (indices.has(name)) shared.add(name);
    indices.set(name, index);
  });
  for (const name of shared) indices.delete(name);
  return indices;
}
