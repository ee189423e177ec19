import { type LineStyle, networkStyles } from "./palette.ts";

const saved: LineStyle = networkStyles["signed-fine-tuned"];

/** For the others, the plainest first. The first three and the saved one keep apart as the palette's colours do. */
const others: readonly LineStyle[] = [
  { colour: "var(--quantized)", symbol: "square", hollow: true },
  networkStyles.unsigned,
  networkStyles.signed,
  networkStyles["unsigned-fine-tuned"],
];

/** Colours and symbols of a conversion's variants, of which the last was saved. Past four others they repeat, dotted. */
export function variantStyles(variants: number): LineStyle[] {
  return Array.from({ length: variants }, (_, i) => {
    if (i === variants - 1) return saved;
    const style = others[i % others.length];
    return i < others.length ? style : { ...style, dash: "2 3" };
  });
}
