import { StriateError } from "../../error.ts";

/** A table of a FlatBuffer: fields by their number, every offset checked against the bytes. */
export class FlatTable {
  private constructor(
    private readonly view: DataView,
    private readonly at: number,
  ) {}

  /** The root table of a buffer without a size before it, of the kind that its four letters say. */
  static root(bytes: Uint8Array, identifier: string): FlatTable {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (bytes.length < 8) throw broken(`${bytes.length} bytes`);
    const found = String.fromCharCode(...bytes.subarray(4, 8));
    if (found !== identifier) throw broken(`it is marked ${JSON.stringify(found)}, expected "${identifier}"`);
    return new FlatTable(view, view.getUint32(0, true));
  }

  int32(field: number, absent: number): number {
    const at = this.field(field, 4);
    return at === undefined ? absent : this.view.getInt32(at, true);
  }

  /** Undefined where it is absent or not below 2⁵³. */
  int64(field: number): number | undefined {
    const at = this.field(field, 8);
    if (at === undefined) return undefined;
    const value = Number(this.view.getBigInt64(at, true));
    return Number.isSafeInteger(value) ? value : undefined;
  }

  string(field: number): string {
    const { start, count } = this.vector(field, 1);
    return new TextDecoder().decode(new Uint8Array(this.view.buffer, this.view.byteOffset + start, count));
  }

  /** Where the elements of a vector begin, and how many there are; none where it is absent. */
  vector(field: number, elementBytes: number): { start: number; count: number } {
    const at = this.field(field, 4);
    if (at === undefined) return { start: 0, count: 0 };
    const vector = at + this.view.getUint32(at, true);
    this.check(vector, 4);
    const count = this.view.getUint32(vector, true);
    this.check(vector + 4, count * elementBytes);
    return { start: vector + 4, count };
  }

  private field(number: number, bytes: number): number | undefined {
    this.check(this.at, 4);
    const layout = this.at - this.view.getInt32(this.at, true);
    this.check(layout, 4);
    const layoutBytes = this.view.getUint16(layout, true);
    const entry = 4 + 2 * number;
    if (entry + 2 > layoutBytes) return undefined;
    this.check(layout + entry, 2);
    const offset = this.view.getUint16(layout + entry, true);
    if (offset === 0) return undefined;
    this.check(this.at + offset, bytes);
    return this.at + offset;
  }

  private check(at: number, bytes: number): void {
    if (at < 0 || at + bytes > this.view.byteLength) throw broken("an offset leads out of it");
  }
}

const broken = (why: string) => new StriateError(`no FlatBuffer as expected: ${why}`);
