import { parseHTML } from "linkedom";
import { describe, expect, it } from "vitest";
import { type Column, htmlTable, textTable } from "../../src/report/table.ts";

interface Row {
  name: string;
  rate?: number;
  family: string;
}

const columns: Column<Row>[] = [
  { header: "name", cell: ({ name }) => name },
  { header: "rate", unit: "Hz", align: "right", cell: ({ rate }) => rate?.toFixed(1) },
];
const rows: Row[] = [
  { name: "a", rate: 3.25, family: "one" },
  { name: "longer", rate: 120, family: "one" },
  { name: "none", family: "two" },
];

describe("textTable", () => {
  it("aligns numbers right, puts units under headers and marks what is missing", () => {
    expect(textTable(rows, columns)).toBe(
      [
        "name     rate",
        "         (Hz)",
        "──────  ─────",
        "a         3.3",
        "longer  120.0",
        "none        –",
      ].join("\n"),
    );
  });

  it("sets a heading where the group changes", () => {
    const lines = textTable(rows, columns, { group: ({ family }) => family }).split("\n");
    expect(lines.slice(3)).toEqual(["one", "a         3.3", "longer  120.0", "", "two", "none        –"]);
  });

  it("lets no control sequence through to the terminal", () => {
    const hostile: Row[] = [
      { name: "\u001b[2J\u001b]0;title\u0007x\r\ny\u202e\u200b", rate: 1, family: "\u001b[31m" },
    ];
    const text = textTable(hostile, columns, { group: ({ family }) => family });
    expect(text.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(text).toContain("[2J]0;titlex y");
  });

  it("counts wide characters as two columns", () => {
    const lines = textTable([{ name: "数字", rate: 1, family: "" }], columns).split("\n");
    expect(lines.at(-1)).toBe("数字   1.0");
    expect(textTable([], columns).split("\n")).toHaveLength(3);
  });
});

describe("htmlTable", () => {
  const table = (list: Row[], options = {}) =>
    parseHTML(`<html><body>${htmlTable(list, columns, options).text}</body></html>`).document;

  it("has a header cell for each column and row, and numbers in a class of their own", () => {
    const document = table(rows);
    expect([...document.querySelectorAll("th[scope=col]")].map((cell) => cell.textContent)).toEqual([
      "name",
      "rate (Hz)",
    ]);
    expect([...document.querySelectorAll("tbody th[scope=row]")].map((cell) => cell.textContent)).toEqual([
      "a",
      "longer",
      "none",
    ]);
    expect([...document.querySelectorAll("td.number")].map((cell) => cell.textContent)).toEqual([
      "3.3",
      "120.0",
      "–",
    ]);
  });

  it("spans group headings over the table", () => {
    const groups = table(rows, { group: (row: Row) => row.family }).querySelectorAll("tr.group th");
    expect([...groups].map((cell) => [cell.textContent, cell.getAttribute("colspan")])).toEqual([
      ["one", "2"],
      ["two", "2"],
    ]);
  });

  it("escapes cells, groups, colours and captions", () => {
    const bad = `"><script>alert(1)</script>&`;
    const markup = htmlTable([{ name: bad, family: bad }], columns, {
      caption: bad,
      group: () => bad,
      colour: () => bad,
    }).text;
    expect(markup).not.toContain("<script");
    expect(
      parseHTML(`<html><body>${markup}</body></html>`).document.querySelector("td, caption")?.textContent,
    ).toBe(bad);
  });
});
