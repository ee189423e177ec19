import { aedat2 } from "./aedat2.ts";
import { aedat3 } from "./aedat3.ts";
import { aedat4 } from "./aedat4.ts";
import { atis } from "./atis.ts";
import { dat } from "./dat.ts";
import { evt2, evt21 } from "./evt2.ts";
import { evt3 } from "./evt3.ts";
import type { EventFormat, EventFormatName } from "./format.ts";
import { propheseeFormat } from "./prophesee-header.ts";

export const eventFormats: Readonly<Record<EventFormatName, EventFormat>> = {
  atis,
  aedat2,
  aedat3,
  aedat4,
  dat,
  evt2,
  "evt2.1": evt21,
  evt3,
};

/** Bytes from which a format is told. */
export const sniffedBytes = 4096;

/**
 * The format of a recording, from its first bytes; undefined for what is none. Only N-MNIST's has nothing to know it by:
 * it is taken for what its name ends in, .bin or .bs2.
 */
export function sniffEvents(head: Uint8Array, name: string): EventFormatName | undefined {
  const text = new TextDecoder("latin1").decode(head.subarray(0, sniffedBytes));
  const version = text.match(/^#!AER-DAT([234])\.\d/)?.[1];
  if (version !== undefined) return `aedat${version}` as EventFormatName;
  return propheseeFormat(text) ?? (/\.(bin|bs2)$/i.test(name) ? "atis" : undefined);
}
