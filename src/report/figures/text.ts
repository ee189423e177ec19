/** Size of the text in figures, in pixels. */
export const fontSize = 12;

/** A generous estimate of the width of system-ui text, in pixels; no document without a screen can measure it. */
export function textWidth(text: string, size = fontSize): number {
  return [...text].length * size * 0.56;
}

/** Breaks text into lines that fit a width, between words. */
export function wrapText(text: string, width: number, size = fontSize): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && textWidth(`${last} ${word}`, size) <= width)
      lines[lines.length - 1] += ` ${word}`;
    else lines.push(word);
  }
  return lines;
}

function fitting(width: number): number {
  return Math.max(3, Math.floor(width / textWidth("n")));
}

/** Keeps the start of a text that would take more than the width in pixels. */
export function shortenText(text: string, width: number): string {
  const characters = [...text];
  const fit = fitting(width);
  return characters.length <= fit ? text : `${characters.slice(0, fit - 1).join("")}…`;
}

/** Keeps the start and, longer, the end of a text: layers in blocks, such as "layer3/layer3.2/Relu_1", differ there. */
export function shortenMiddle(text: string, width: number): string {
  const characters = [...text];
  const fit = fitting(width);
  if (characters.length <= fit) return text;
  const start = Math.floor((fit - 1) / 3);
  return `${characters.slice(0, start).join("")}…${characters.slice(start + 1 - fit).join("")}`;
}
