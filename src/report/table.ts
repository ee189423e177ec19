import { html, type Markup } from "./markup.ts";
import { missing } from "./numbers.ts";

/** One column of a table, for the page and for the terminal. */
export interface Column<Row> {
  header: string;
  /** Set behind the header in brackets, so that the cells hold numbers alone. */
  unit?: string;
  /** The cell's text; undefined is shown as an en dash. */
  cell(row: Row): string | undefined;
  /** Set under the cell's text, smaller, on the page alone: an interval, say. */
  detail?(row: Row): string | undefined;
  /** Numbers go right, so that their digits stand under one another. Default left. */
  align?: "left" | "right";
}

export interface TableOptions<Row> {
  caption?: string;
  /** As wide as its cells need, not as wide as the page. */
  compact?: boolean;
  /** Breaks long headers into lines, where names are much longer than what stands below them. */
  wrapHeaders?: boolean;
  /** Sets a row apart from the others. */
  emphasis?(row: Row): boolean;
  /** The heading that a row stands under; one is set where it differs from that of the row before. */
  group?(row: Row): string | undefined;
  /** A CSS colour for a mark in front of the row's first cell. */
  colour?(row: Row): string | undefined;
}

function detail<Row>(column: Column<Row>, row: Row): Markup | undefined {
  const text = column.detail?.(row);
  return text === undefined ? undefined : html` <span class="detail">${text}</span>`;
}

/** The heading to set above a row, where one is due. */
function groupHeading<Row>(rows: readonly Row[], index: number, group?: (row: Row) => string | undefined) {
  const own = group?.(rows[index]);
  return index > 0 && own === group?.(rows[index - 1]) ? undefined : own;
}

/** An HTML table; the first column names the row. All text is escaped. */
export function htmlTable<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  options: TableOptions<Row> = {},
): Markup {
  const side = (column: Column<Row>) => (column.align === "right" ? html` class="number"` : undefined);
  const head = columns.map((column) => {
    const unit = column.unit === undefined ? undefined : html` <span class="unit">(${column.unit})</span>`;
    return html`<th scope="col"${side(column)}>${column.header}${unit}</th>`;
  });
  const body = rows.map((row, index) => {
    const group = groupHeading(rows, index, options.group);
    const above =
      group === undefined
        ? undefined
        : html`<tr class="group"><th scope="rowgroup" colspan="${columns.length}">${group}</th></tr>\n`;
    const colour = options.colour?.(row);
    const mark =
      colour === undefined ? undefined : html`<span class="swatch" style="--swatch:${colour}"></span>`;
    const cells = columns.map((column, i) => {
      const text = column.cell(row) ?? missing;
      return i === 0
        ? html`<th scope="row"${side(column)}>${mark}${text}</th>`
        : html`<td${side(column)}>${text}${detail(column, row)}</td>`;
    });
    return html`${above}<tr${options.emphasis?.(row) ? html` class="emphasis"` : undefined}>${cells}</tr>
`;
  });
  const caption = options.caption === undefined ? undefined : html`<caption>${options.caption}</caption>`;
  const classes = [options.compact && "compact", options.wrapHeaders && "wrapped"].filter(Boolean).join(" ");
  const layout = classes === "" ? undefined : html` class="${classes}"`;
  return html`<table${layout}>${caption}<thead><tr>${head}</tr></thead><tbody>\n${body}</tbody></table>`;
}

const ignorable = /[\p{Cc}\p{Cf}\p{Mn}\p{Me}]/gu;
const wide =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}]|[\uff01-\uff60]/gu;

/** Removes what could steer a terminal: control and formatting characters, escape sequences with them. */
function printable(text: string): string {
  return text.replace(/\s+/g, " ").replace(/[\p{Cc}\p{Cf}]/gu, "");
}

/** The columns that text takes in a terminal. */
function terminalWidth(text: string): number {
  return [...text.replace(ignorable, "")].length + (text.match(wide)?.length ?? 0);
}

const headerLine = 16;

/** Each column's header in lines, all columns with as many: the shorter ones start lower. */
function headerLines(headers: readonly string[], wrap: boolean | undefined): string[][] {
  const words = new RegExp(`\\S.{0,${headerLine - 1}}(?=\\s|$)|\\S+`, "g");
  const lines = headers.map((header) => (wrap ? (printable(header).match(words) ?? [""]) : [header]));
  const height = Math.max(0, ...lines.map(({ length }) => length));
  return Array.from({ length: height }, (_, row) =>
    lines.map((column) => column[row - height + column.length] ?? ""),
  );
}

/**
 * The same table as plain text for a terminal: headers, their units on a line below, a rule, rows; two spaces between
 * columns, no trailing space and no final line break.
 */
export function textTable<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  options: Pick<TableOptions<Row>, "group" | "wrapHeaders"> = {},
): string {
  const headers = headerLines(
    columns.map(({ header }) => header),
    options.wrapHeaders,
  );
  if (columns.some(({ unit }) => unit !== undefined)) {
    headers.push(columns.map(({ unit }) => (unit === undefined ? "" : `(${unit})`)));
  }
  const contents = rows.map((row) => columns.map((column) => column.cell(row) ?? missing));
  const cells = [...headers, ...contents].map((line) => line.map(printable));
  const widths = columns.map((_, i) => Math.max(...cells.map((line) => terminalWidth(line[i]))));
  const lines = cells.map((line) =>
    line
      .map((text, i) => {
        const space = " ".repeat(widths[i] - terminalWidth(text));
        return columns[i].align === "right" ? space + text : text + space;
      })
      .join("  ")
      .trimEnd(),
  );
  const rule = widths.map((width) => "─".repeat(width)).join("  ");
  const body = lines.slice(headers.length).flatMap((line, i) => {
    const group = groupHeading(rows, i, options.group);
    if (group === undefined) return [line];
    return i === 0 ? [printable(group), line] : ["", printable(group), line];
  });
  return [...lines.slice(0, headers.length), rule, ...body].join("\n");
}
