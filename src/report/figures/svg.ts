import { escapeText } from "../markup.ts";

export const svgNamespace = "http://www.w3.org/2000/svg";

/** A new SVG element with attributes and text. */
export function svgElement(
  document: Document,
  name: string,
  attributes: Record<string, string | number | undefined> = {},
  text?: string,
): SVGElement {
  const element = document.createElementNS(svgNamespace, name) as SVGElement;
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined) element.setAttribute(key, String(value));
  }
  if (text !== undefined) element.textContent = text;
  return element;
}

const geometry = new Set(["transform", "d", "x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "width", "height"]);

/** Two decimals are a fiftieth of a pixel on a 2× screen; more only makes the file larger. */
function shorten(numbers: string): string {
  return numbers.replace(/-?\d+\.\d{3,}(e-?\d+)?/g, (digits) =>
    String(Math.round(Number(digits) * 100) / 100),
  );
}

/**
 * Well-formed XML of an element. `outerHTML` is not that: it leaves `<` in attributes and names entities that XML
 * lacks, and documents differ in the order of attributes.
 */
export function serialize(node: Node): string {
  if (node.nodeType === 3) return escapeText(node.nodeValue ?? "");
  if (node.nodeType !== 1) return "";
  const element = node as Element;
  const name = element.localName;
  let attributes = "";
  for (const { name: key, value } of Array.from(element.attributes).sort((a, b) =>
    a.name < b.name ? -1 : 1,
  )) {
    attributes += ` ${key}="${escapeText(geometry.has(key) ? shorten(value) : value)}"`;
  }
  const children =
    name === "style"
      ? (element.textContent ?? "").replace(/[<&]/g, "")
      : Array.from(element.childNodes).map(serialize).join("");
  return children === "" ? `<${name}${attributes}/>` : `<${name}${attributes}>${children}</${name}>`;
}
