import { defaultWidth, type FigureOptions } from "./figures/frame.ts";
import { escapeText, html, Markup } from "./markup.ts";
import { pageStyle } from "./page-style.ts";

export interface Page {
  /** The name of the browser's tab, and what the report is of. */
  title: string;
  /** The line over the headline. */
  kicker: string;
  /** The page's one heading of the first level: what was found, in a sentence. */
  headline: string;
  /** Paragraphs under the headline. */
  lead: string[];
  sections: Section[];
  footer?: string;
}

export interface Section {
  title: string;
  content: Markup[];
}

/** Width in pixels of the drawing that phones get. */
export const narrowWidth = 350;

/** One self-contained HTML file: no script, nothing loaded from anywhere, which its own policy forbids as well. */
export function renderPage(page: Page): string {
  const sections = page.sections.map(
    ({ title, content }) => html`<section>\n<h2>${title}</h2>\n${content}\n</section>\n`,
  );
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>${page.title}</title>
<style>
${new Markup(pageStyle)}
</style>
</head>
<body>
<main>
<header>
<p class="kicker">${page.kicker}</p>
<h1>${page.headline}</h1>
${page.lead.map((paragraph) => html`<p class="lead">${paragraph}</p>\n`)}</header>
${sections}</main>
${page.footer === undefined ? undefined : html`<footer><p>${page.footer}</p></footer>\n`}</body>
</html>
`.text;
}

/**
 * A figure with its caption, drawn twice: wide, and for phones at a width where its text stays legible. The page
 * shows the one that fits. `numbers` go behind a fold, for those who want or need the figure as a table.
 */
export function figureBlock(
  draw: (options: FigureOptions) => string,
  document: Document,
  caption: string,
  numbers?: Markup,
): Markup {
  const wide = new Markup(draw({ document, width: defaultWidth }));
  const narrow = new Markup(draw({ document, width: narrowWidth }));
  const fold =
    numbers === undefined
      ? undefined
      : html`<details><summary>Numbers behind this figure</summary>\n${scroll(numbers)}</details>\n`;
  return html`<figure>
<div class="wide">${wide}</div>
<div class="narrow">${narrow}</div>
<figcaption>${caption}</figcaption>
${fold}</figure>\n`;
}

/** Puts what may be too wide for the screen into a box of its own that scrolls, with the keyboard too. */
export function scroll(content: Markup): Markup {
  return html`<div class="scroll" role="region" aria-label="Table" tabindex="0">${content}</div>\n`;
}

export function paragraph(text: string): Markup {
  return html`<p>${text}</p>\n`;
}

/** A remark on what stands above it. */
export function note(text: string): Markup {
  return html`<p class="note">${text}</p>\n`;
}

export function list(items: readonly string[]): Markup {
  return html`<ul>\n${items.map((item) => html`<li>${item}</li>\n`)}</ul>\n`;
}

/** Name and value in pairs, such as versions. */
export function facts(entries: readonly (readonly [name: string, value: string])[]): Markup {
  return html`<dl>\n${entries.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>\n`)}</dl>\n`;
}

/** A command to copy. */
export function command(line: string): Markup {
  return new Markup(`<pre tabindex="0"><code>${escapeText(line)}</code></pre>\n`);
}
