import { extname } from "node:path";
import { StriateError } from "../error.ts";
import { formatShape, type NumericArray } from "./array.ts";
import { concurrently } from "./concurrently.ts";
import { isFolder, withFileTree } from "./file-tree.node.ts";
import { type FileTree, isLeftBehind } from "./file-tree.ts";
import { readFileOrExplain } from "./files.node.ts";
import { asFloat32 } from "./float32.ts";
import { readNpy, type TextArray } from "./npy.ts";
import type { ImageStack } from "./recording.ts";
import { greyImages, resizeImages } from "./resize-images.ts";

export interface ImageOptions {
  /** One channel of luminance, as Pillow's `convert("L")`. */
  readonly grey?: boolean | undefined;
  /** Height and width to bring the images to, with antialiasing: `resizeImages`. */
  readonly size?: readonly [height: number, width: number] | undefined;
  readonly progress?: ((done: number, total: number) => void) | undefined;
}

/** Images and what each is called: its path, without what all paths share and without the ending. */
export interface NamedImages {
  readonly images: ImageStack;
  readonly names: readonly string[];
}

const endings = [".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp", ".gif", ".avif", ".bmp"];
const readable = endings.slice(0, -1);

/**
 * Reads images: a folder or a zip archive of JPEG, PNG, TIFF, WebP, GIF or AVIF files, ordered by their paths as Python's
 * `sorted` orders them, or a .npy array (n, height, width), (n, channels, height, width) or (n, height, width, 3).
 * Values are 0 to 255 for files, those of the array for .npy. Transparency is dropped; turning marks in the files (EXIF)
 * are not followed.
 *
 * @throws StriateError, naming the file, for one that cannot be read or differs in size from the others.
 */
export async function readImages(path: string, options: ImageOptions = {}): Promise<NamedImages> {
  const isArray = extname(path).toLowerCase() === ".npy" && !(await isFolder(path));
  if (isArray) return imagesOfArray(readNpy(await readFileOrExplain(path), path), path, options);
  return withFileTree(path, (tree) => readImageFiles(tree, options));
}

/** As readImages, for an array. `name` is what errors call it. */
export function imagesOfArray(
  array: NumericArray | TextArray,
  name: string,
  { grey, size }: ImageOptions = {},
): NamedImages {
  const { shape, dtype, data } = array;
  if (Array.isArray(data) || (shape.length !== 3 && shape.length !== 4) || data.length === 0)
    throw new StriateError(
      `${name}: holds ${formatShape(shape)} ${dtype}; expected images (n, height, width), (n, channels, height, width) or (n, height, width, 3)`,
      "Save the images in one of these shapes",
    );
  const isLast = shape.length === 4 && shape[3] === 3 && shape[1]! > 3;
  const [count, channels, height, width] =
    shape.length === 3
      ? [shape[0]!, 1, shape[1]!, shape[2]!]
      : isLast
        ? [shape[0]!, 3, shape[1]!, shape[2]!]
        : (shape as [number, number, number, number]);
  const values = asFloat32(data);
  const planar = isLast ? channelsFirst(values, height * width) : values;
  const stack = shaped({ data: planar, count, channels, height, width }, name, grey, size);
  return { images: stack, names: Array.from({ length: count }, (_, index) => String(index)) };
}

async function readImageFiles(tree: FileTree, { grey, size, progress }: ImageOptions): Promise<NamedImages> {
  const paths = tree.paths.filter((path) => !isLeftBehind(path) && endings.includes(endingOf(path)));
  if (paths.length === 0)
    throw new StriateError(
      `${tree.name}: there are no image files in it (${tree.paths.length} other files)`,
      `Give a folder or a zip archive of ${readable.join(", ")} files, or a .npy array`,
    );
  let stack: ImageStack | undefined;
  let stored = "";
  let done = 0;
  const decode = async (index: number) => {
    const raw = await decodeImage(tree, paths[index]!);
    const image = shaped(raw, tree.locate(paths[index]!), grey, size);
    const dimensions = `${raw.height} × ${raw.width} × ${raw.channels}`;
    if (stack === undefined) {
      const data = new Float32Array(paths.length * image.data.length);
      stack = { ...image, data, count: paths.length };
      stored = dimensions;
    }
    const isAlike =
      image.channels === stack.channels && image.height === stack.height && image.width === stack.width;
    if (!isAlike)
      throw new StriateError(
        `${tree.locate(paths[index]!)} is ${dimensions} pixels × channels, but ${paths[0]} is ${stored}`,
        image.channels === stack.channels
          ? "Bring all to one size, with --size for example"
          : "Save all with the same channels, or make all grey with --grey",
      );
    stack.data.set(image.data, index * image.data.length);
    progress?.(++done, paths.length);
  };
  await decode(0);
  await concurrently(paths.length - 1, 8, (index) => decode(index + 1));
  return { images: stack!, names: imageNames(paths) };
}

const endingOf = (path: string) => extname(path).toLowerCase();

/** Paths without the folder that all share and without endings, if they still differ then. */
function imageNames(paths: readonly string[]): string[] {
  const folder = paths[0]!.slice(0, paths[0]!.lastIndexOf("/") + 1);
  const shared = paths.every((path) => path.startsWith(folder)) ? folder.length : 0;
  const short = paths.map((path) => path.slice(shared, path.length - extname(path).length));
  return new Set(short).size === paths.length ? short : paths.map((path) => path.slice(shared));
}

async function decodeImage(tree: FileTree, path: string): Promise<ImageStack> {
  const bytes = await tree.read(path);
  // takes 0.2 s, which commands without images need not wait for
  const { default: sharp } = await import("sharp");
  try {
    const picture = sharp(bytes, { failOn: "truncated" });
    const { space } = await picture.metadata();
    const { data, info } = await picture
      .removeAlpha()
      .toColourspace(space === "b-w" || space === "grey16" ? "b-w" : "srgb")
      .raw({ depth: "uchar" })
      .toBuffer({ resolveWithObject: true });
    const { channels, height, width } = info;
    const values = new Float32Array(data);
    const planar = channels === 1 ? values : channelsFirst(values, height * width, channels);
    return { data: planar, count: 1, channels, height, width };
  } catch (error) {
    throw new StriateError(
      `${tree.locate(path)} cannot be read as an image: ${(error as Error).message.split("\n")[0]}`,
      `Save it again; ${readable.join(", ")} are read`,
    );
  }
}

/** (n, pixels, channels) to (n, channels, pixels). */
function channelsFirst(values: Float32Array, pixels: number, channels = 3): Float32Array {
  const planar = new Float32Array(values.length);
  for (let image = 0; image < values.length; image += pixels * channels) {
    for (let channel = 0; channel < channels; channel++) {
      const to = image + channel * pixels;
      for (let at = 0; at < pixels; at++) planar[to + at] = values[image + at * channels + channel]!;
    }
  }
  return planar;
}

function shaped(
  images: ImageStack,
  name: string,
  grey: boolean | undefined,
  size: ImageOptions["size"],
): ImageStack {
  const toned = grey ? greyImages(images, name) : images;
  return size ? resizeImages(toned, size) : toned;
}
