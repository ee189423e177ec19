/**
 * SVG paths that fill the cells of a grid, one for each shade: cell (row, column) is the unit square with its corner
 * at x = column, y = row, and neighbours of one shade in a row are one shape. Shade 0 is left empty.
 */
export function shadedCells(
  values: ArrayLike<number>,
  columns: number,
  shadeOf: (value: number) => number,
): [shade: number, d: string][] {
  const paths = new Map<number, string>();
  let start = 0;
  while (start < values.length) {
    const shade = shadeOf(values[start]);
    const column = start % columns;
    let length = 1;
    while (
      column + length < columns &&
      start + length < values.length &&
      shadeOf(values[start + length]) === shade
    ) {
      length++;
    }
    const cells = `M${column} ${Math.floor(start / columns)}h${length}v1h${-length}z`;
    if (shade !== 0) paths.set(shade, (paths.get(shade) ?? "") + cells);
    start += length;
  }
  return [...paths].sort(([a], [b]) => a - b);
}
