import { StriateError } from "../../error.ts";

/** A stretch of a file that holds no event although it should. */
export interface CorruptPlace {
  /** Its first byte in the file. */
  readonly offset: number;
  /** Bytes that are passed over. */
  readonly bytes: number;
  readonly reason: string;
}

/** Places that are kept; of more, only the number. */
const placesKept = 1000;

/** What to do about corrupt records and packets, and what there was. */
export class Corruption {
  /** The first thousand. */
  readonly places: CorruptPlace[] = [];
  count = 0;
  bytes = 0;

  constructor(
    private readonly name: string,
    private readonly action: "refuse" | "skip" = "refuse",
    private readonly report: (place: CorruptPlace) => void = () => undefined,
  ) {}

  get refuses(): boolean {
    return this.action === "refuse";
  }

  /** Throws a StriateError, or notes the place, as asked. */
  found(place: CorruptPlace): void {
    if (this.action === "refuse") {
      throw new StriateError(
        `${this.name}: byte ${place.offset}: ${place.reason}`,
        'The file is damaged, or of another format. Read it with onCorrupt: "skip" to leave out what is corrupt',
      );
    }
    this.count++;
    this.bytes += place.bytes;
    if (this.places.length < placesKept) this.places.push(place);
    this.report(place);
  }
}
