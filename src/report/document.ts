import { parseHTML } from "linkedom/worker";

/**
 * The document that figures are drawn in: the page's own in a browser, else a document without a screen.
 * Figures are serialised to text, so both give the same markup.
 */
export function figureDocument(): Document {
  return globalThis.document ?? (parseHTML("<!doctype html><html><body></body></html>").document as Document);
}
