/** HTML text in which every interpolated string is escaped, unless it is markup already. */

export class Markup {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
  toString(): string {
    return this.text;
  }
}

const entities: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Characters that no XML 1.0 document may hold, lone surrogates included. */
const forbidden =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it removes
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** Escapes text for element content and for quoted attributes, in HTML and in XML. */
export function escapeText(text: string): string {
  return text.replace(forbidden, "\ufffd").replace(/[&<>"']/g, (character) => entities[character]);
}

export type Interpolation = Markup | string | number | undefined | readonly Interpolation[];

function interpolate(value: Interpolation): string {
  if (value === undefined) return "";
  if (value instanceof Markup) return value.text;
  if (typeof value === "string" || typeof value === "number") return escapeText(String(value));
  return value.map(interpolate).join("");
}

/** html`<p>${name}</p>`: strings are escaped, `Markup` goes in as it is, lists are joined, undefined is nothing. */
export function html(strings: TemplateStringsArray, ...values: Interpolation[]): Markup {
  return new Markup(strings.reduce((text, part, i) => text + interpolate(values[i - 1]) + part));
}
