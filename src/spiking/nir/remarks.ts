const texts = {
  reset:
    "subtract the threshold from the potential after a spike (soft reset); NIR only has the hard reset, which other tools will do. Noted in the metadata as reset",
  start:
    "do not start at 0; NIR has no start potential, and other tools will start elsewhere. Noted in the metadata as start",
  fires:
    "also fire at the threshold; NIR's neurons fire only above it, as other tools will. Noted in the metadata as fires",
  groups:
    "are convolutions in groups, too large to be written without; the Python package opens the file with type_check=False only",
} as const;

/** What a reader of the file will not know, and which nodes it concerns. */
export class Remarks {
  private readonly nodes = new Map<keyof typeof texts, string[]>();

  add(kind: keyof typeof texts, node: string): void {
    this.nodes.set(kind, [...(this.nodes.get(kind) ?? []), node]);
  }

  /** One warning for each kind. */
  warnings(): string[] {
    return [...this.nodes].map(([kind, names]) => {
      const few = names.slice(0, 3).map((name) => `"${name}"`);
      const more = names.length > few.length ? ` and ${names.length - few.length} more` : "";
      return `${few.join(", ")}${more} ${texts[kind]}`;
    });
  }
}
