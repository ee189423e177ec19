import { StriateError } from "../../error.ts";
import { describeShape, named, requireFloat, requireRank, type Tensor } from "../tensor.ts";
import { add, mul, sub } from "./binary.ts";
import { greaterEqual, lessEqual } from "./compare.ts";
import { gather } from "./gather.ts";
import { reshape } from "./reshape.ts";
import { slice } from "./slice.ts";
import { constant } from "./source.ts";
import { transpose } from "./transpose.ts";
import { cast, clip, floor, mask } from "./unary.ts";

/**
 * Samples images (N, C, H, W) at the points of a grid (N, Ho, Wo, 2), whose (x, y) run from −1 (centre of the first
 * pixel) to 1 (centre of the last): bilinear, zero outside, as torch.nn.functional.grid_sample with align_corners.
 * Returns (N, C, Ho, Wo). The gradient reaches both the image and the grid.
 */
export const gridSample = (x: Tensor, grid: Tensor): Tensor =>
  named("gridSample", [x, grid], () => sample(x, grid));

function sample(x: Tensor, grid: Tensor): Tensor {
  requireFloat(x, grid);
  requireRank(x, 4);
  const [n, channels, height, width] = x.shape as [number, number, number, number];
  const [batches, rows, columns, two] = grid.shape;
  if (grid.shape.length !== 4 || batches !== n || two !== 2) {
    throw new StriateError(
      `a grid ${describeShape(grid.shape)} does not fit images ${describeShape(x.shape)}`,
      "The grid has shape (N, Ho, Wo, 2) with the N of the images",
    );
  }
  const points = rows! * columns!;
  const coordinate = (index: 0 | 1, extent: number) => {
    const along = reshape(slice(grid, [index], [index + 1], { axes: [3] }), [n, points]);
    return mul(add(along, constant(1)), constant((extent - 1) / 2));
  };
  const horizontal = coordinate(0, width);
  const vertical = coordinate(1, height);
  const pixels = reshape(transpose(x, [0, 2, 3, 1]), [n * height * width, channels]);
  // whole numbers above 2²⁴ do not fit a float32
  const whole = (value: number) => constant(value, [], "int64");
  const nearest = (position: Tensor, extent: number) => cast(clip(position, 0, extent - 1), "int64");
  const imageStart = constant(
    Array.from({ length: n }, (_, i) => i * height * width),
    [n, 1],
    "int64",
  );
  const corner = (right: 0 | 1, down: 0 | 1): Tensor => {
    const column = add(floor(horizontal), constant(right));
    const row = add(floor(vertical), constant(down));
    const weight = mul(overlap(horizontal, right), overlap(vertical, down));
    const inside = mul(within(column, width), within(row, height));
    const place = add(add(imageStart, mul(nearest(row, height), whole(width))), nearest(column, width));
    const values = gather(pixels, reshape(place, [n * points]));
    return mul(values, reshape(mul(weight, inside), [n * points, 1]));
  };
  const total = add(add(corner(0, 0), corner(1, 0)), add(corner(0, 1), corner(1, 1)));
  return transpose(reshape(total, [n, rows!, columns!, channels]), [0, 3, 1, 2]);
}

/** How much of a point at `position` belongs to the pixel before it (side 0) or after it (side 1). */
function overlap(position: Tensor, side: 0 | 1): Tensor {
  const fraction = sub(position, floor(position));
  return side === 1 ? fraction : sub(constant(1), fraction);
}

const within = (position: Tensor, extent: number): Tensor =>
  mul(mask(greaterEqual(position, constant(0))), mask(lessEqual(position, constant(extent - 1))));
