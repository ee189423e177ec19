import { parseHTML } from "linkedom/worker";

/**
 * The document that figures are drawn in: the page's own in a browser, else a document without a screen.
 * Figures are serialised to text, so both give the same markup, except that Plot shifts lines by half a pixel in a
 * browser whose screen has one device pixel to the CSS pixel.
 */
export function figureDocument(): Document {
  return globalThis.document ?? (parseHTML("<!doctype html><html><body></body></html>").document as Document);
}
