import { elementCount, formatShape, type TypedArray } from "../array.ts";
import type { Hdf5Value } from "../hdf5/tree.ts";
import type { ImageStack } from "../recording.ts";
import { lastName, type NwbFile } from "./file.ts";
import type { Part } from "./part.ts";
import { targetsOf } from "./values.ts";

/** Images of a file, in the order in which other parts of it count them. */
export interface Pictures {
  readonly path: string;
  readonly ids: readonly string[];
  /** One image, in its own size; undefined where the images are outside the file. */
  readonly picture: ((index: number) => ImageStack) | undefined;
  /** Whether the file holds whole numbers. */
  readonly isWhole: boolean;
}

/** Whether a group holds images: `Images`, or a series of them such as `ImageSeries` and `OpticalSeries`. */
export function holdsPictures(file: NwbFile, path: string): boolean {
  const group = file.group(path);
  if (group === undefined) return false;
  if (file.find(`${path}/external_file`) !== undefined) return true;
  const data = file.dataset(`${path}/data`);
  if (data !== undefined) return data.object.value.shape.length >= 3;
  return pictureNames(file, path).some((name) => {
    const { shape, dtype } = file.dataset(`${path}/${name}`)!.object.value;
    return isPicture(shape) || dtype === "text";
  });
}

/** The images of `Images` by `order_of_images`, or by name without it; the frames of a series. */
export function picturesOf(outline: NwbFile, path: string): Part<Pictures> {
  const placed = outline.group(path)!.path;
  return {
    // images can be links to other groups
    paths: [placed, ...pictureNames(outline, placed).map((name) => outline.find(`${placed}/${name}`)!.path)],
    read: (file) =>
      (file.find(`${placed}/data`) ?? file.find(`${placed}/external_file`))
        ? readSeries(file, placed)
        : readImages(file, placed),
  };
}

/** The datasets of `Images`, in the order of the file. */
const pictureNames = (file: NwbFile, path: string): string[] =>
  file
    .names(path)
    .filter((name) => name !== "order_of_images" && file.dataset(`${path}/${name}`) !== undefined);

const isPicture = (shape: readonly number[]): boolean =>
  shape.length === 2 || (shape.length === 3 && shape[2]! >= 1 && shape[2]! <= 4);

function readImages(file: NwbFile, path: string): Pictures {
  const order = targetsOf(file.dataset(`${path}/order_of_images`)?.object.value);
  const ids = order?.map(lastName) ?? pictureNames(file, path);
  const values = ids.map((id) => {
    const value = file.dataset(`${path}/${id}`)?.object.value;
    if (value?.data === undefined)
      throw file.error(
        `${path}/order_of_images`,
        `leads to '${id}', which is no image of ${path}`,
        "Write it again",
      );
    return value;
  });
  const texts = values.flatMap(({ dtype, data }) => (dtype === "text" ? [(data as string[])[0] ?? ""] : []));
  if (texts.length > 0) return { path, ids: texts, picture: undefined, isWhole: false };
  return {
    path,
    ids,
    picture: (index) => pictureAt(file, `${path}/${ids[index]}`, values[index]!, 0, values[index]!.shape),
    isWhole: values.every(isWhole),
  };
}

function readSeries(file: NwbFile, path: string): Pictures {
  const external = file.dataset(`${path}/external_file`)?.object.value;
  const format = file.text(`${path}/format`);
  if (external?.dtype === "text" && external.data !== undefined && format !== "raw")
    return { path, ids: external.data as string[], picture: undefined, isWhole: false };
  const value = file.dataset(`${path}/data`)!.object.value;
  const [frames = 0, ...shape] = value.shape;
  const described = file.dataset(`${path}/control_description`)?.object.value;
  const names = described?.dtype === "text" ? (described.data as string[] | undefined) : undefined;
  const numbers = Array.from({ length: frames }, (_, index) => String(index));
  const isNamed = names?.length === frames && new Set(names).size === frames;
  return {
    path,
    ids: isNamed ? names : numbers,
    picture: (index) => pictureAt(file, `${path}/data`, value, index * elementCount(shape), shape),
    isWhole: isWhole(value),
  };
}

const isWhole = ({ dtype }: Hdf5Value): boolean => !dtype.startsWith("float");

/**
 * Rows first, then columns, then channels, as every program writes them, though the schema calls the axes x and y. The
 * fourth channel, opacity, is left out.
 */
function pictureAt(
  file: NwbFile,
  path: string,
  value: Hdf5Value,
  from: number,
  shape: readonly number[],
): ImageStack {
  if (!isPicture(shape) || elementCount(shape) === 0 || value.data === undefined || value.dtype === "text")
    throw file.error(
      path,
      `an image is ${formatShape(shape)} ${value.dtype}; expected height × width, with 1, 3 or 4 channels`,
      "Give images as the NWB standard has them",
    );
  const [height, width, stored = 1] = shape as [number, number, number?];
  const channels = stored === 2 ? 1 : Math.min(stored, 3);
  const pixels = height * width;
  const data = new Float32Array(channels * pixels);
  const values = value.data as TypedArray;
  for (let channel = 0; channel < channels; channel++)
    for (let pixel = 0; pixel < pixels; pixel++)
      data[channel * pixels + pixel] = Number(values[from + pixel * stored + channel]);
  return { data, count: 1, channels, height, width };
}
