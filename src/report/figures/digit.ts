import { StriateError } from "../../error.ts";
import { svgElement } from "./svg.ts";

/** A grey image, rows from the top, 0 (background) to 255 (ink). */
export interface GreyImage {
  height: number;
  width: number;
  pixels: ArrayLike<number>;
}

const shades = 15;

/**
 * The image as vector squares in the text colour, `side` pixels wide, so that it needs no image file and turns with
 * the page from dark on light to light on dark. Grey is rounded to 15 shades, runs of one shade are one shape.
 */
export function drawPixels(document: Document, image: GreyImage, side: number): SVGElement {
  const { height, width, pixels } = image;
  if (!(width > 0 && height > 0) || pixels.length !== width * height) {
    throw new StriateError(
      `An image of ${width} × ${height} was given ${pixels.length} pixels; expected ${width * height}`,
    );
  }
  const scale = side / width;
  const paths = new Map<number, string>();
  for (let row = 0; row < height; row++) {
    let column = 0;
    while (column < width) {
      const shade = Math.round((pixels[row * width + column] / 255) * shades);
      let end = column + 1;
      while (end < width && Math.round((pixels[row * width + end] / 255) * shades) === shade) end++;
      if (shade > 0) {
        paths.set(shade, `${paths.get(shade) ?? ""}M${column} ${row}h${end - column}v1h${column - end}z`);
      }
      column = end;
    }
  }
  const group = svgElement(document, "g");
  const frame = { x: 0.5, y: 0.5, width: side - 1, height: height * scale - 1 };
  group.append(svgElement(document, "rect", { ...frame, fill: "var(--band)", stroke: "var(--hairline)" }));
  const drawing = svgElement(document, "g", {
    transform: `scale(${scale})`,
    "shape-rendering": "crispEdges",
  });
  for (const [shade, d] of [...paths].sort(([a], [b]) => a - b)) {
    drawing.append(svgElement(document, "path", { d, "fill-opacity": (shade / shades).toFixed(2) }));
  }
  group.append(drawing);
  return group;
}
