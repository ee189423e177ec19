const voidElements = new Set(["meta", "br", "hr", "img", "input", "link"]);
const token = /<!doctype html>|<(\/?)([A-Za-z][\w-]*)((?:\s+[\w:-]+(?:="[^"<]*")?)*)\s*(\/?)>|[^<]+|</gy;
const entity = /&(?!(?:amp|lt|gt|quot|#39);)/;

/**
 * What is wrong with markup that ought to be well-formed: every element closed in order, every attribute quoted and
 * given once, no bare `&` or `<`. A parser for HTML would mend all of it without a word.
 */
export function markupFaults(markup: string): string[] {
  const faults: string[] = [];
  const open: string[] = [];
  for (const match of markup.matchAll(token)) {
    const [text, closing, name, attributes, selfClosing] = match;
    if (text === "<")
      faults.push(`stray < at ${match.index}: ${markup.slice(match.index, match.index + 60)}`);
    if (open.at(-1) !== "style" && entity.test(text)) faults.push(`bare & in ${text.slice(0, 80)}`);
    if (name === undefined) continue;
    const keys = attributes.replace(/"[^"]*"/g, '""').match(/[\w:-]+/g) ?? [];
    if (new Set(keys).size !== keys.length) faults.push(`attribute given twice in ${text}`);
    if (keys.some((attribute) => /^on/i.test(attribute))) faults.push(`event handler in ${text}`);
    if (closing) {
      const last = open.pop();
      if (last !== name) faults.push(`</${name}> closes <${last}>`);
    } else if (!selfClosing && !voidElements.has(name)) open.push(name);
  }
  if (open.length > 0) faults.push(`never closed: ${open.join(", ")}`);
  return faults;
}
