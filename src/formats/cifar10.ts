import { StriateError } from "../error.ts";

/** One byte of label, then 32 × 32 red, green and blue bytes, each plane row-major. */
export const cifar10RecordBytes = 1 + 3 * 32 * 32;

export const cifar10ClassNames = [
  "airplane",
  "automobile",
  "bird",
  "cat",
  "deer",
  "dog",
  "frog",
  "horse",
  "ship",
  "truck",
];

/** Images (count, 3, 32, 32) and labels (count), 0 to 9. */
export interface Cifar10Batch {
  images: Uint8Array;
  labels: Uint8Array;
  count: number;
}

/**
 * Reads one batch of the binary version of CIFAR-10: Krizhevsky (2009), "Learning multiple layers of features
 * from tiny images". The images are copied out.
 *
 * @throws StriateError when the file is not a whole number of records, or a label is above 9.
 */
export function readCifar10(bytes: Uint8Array, name: string): Cifar10Batch {
  const count = bytes.length / cifar10RecordBytes;
  if (count === 0 || !Number.isInteger(count)) {
    throw new StriateError(
      `${name}: ${bytes.length} bytes; expected a whole number of CIFAR-10 records of ${cifar10RecordBytes} bytes each (${cifar10RecordBytes * 10000} for a standard batch)`,
      "The file is cut short or no binary CIFAR-10 batch: fetch cifar-10-binary again",
    );
  }
  const imageBytes = cifar10RecordBytes - 1;
  const images = new Uint8Array(count * imageBytes);
  const labels = new Uint8Array(count);
  for (let record = 0; record < count; record++) {
    const start = record * cifar10RecordBytes;
    labels[record] = bytes[start];
    if (labels[record] > 9) {
      throw new StriateError(
        `${name}: record ${record} (at byte ${start}) has the label ${labels[record]}; CIFAR-10 has labels 0 to 9`,
        "The file is corrupt, or is CIFAR-100: give the binary version of CIFAR-10",
      );
    }
    images.set(bytes.subarray(start + 1, start + cifar10RecordBytes), record * imageBytes);
  }
  return { images, labels, count };
}

/** Writes a batch in the same layout. */
export function writeCifar10(batch: Pick<Cifar10Batch, "images" | "labels">): Uint8Array {
  const imageBytes = cifar10RecordBytes - 1;
  const { images, labels } = batch;
  if (images.length !== labels.length * imageBytes) {
    throw new StriateError(
      `CIFAR-10: ${labels.length} labels with ${images.length} image bytes; expected ${labels.length * imageBytes}`,
      "Give 3 × 32 × 32 bytes for each label",
    );
  }
  const bytes = new Uint8Array(labels.length * cifar10RecordBytes);
  labels.forEach((label, record) => {
    bytes[record * cifar10RecordBytes] = label;
    bytes.set(
      images.subarray(record * imageBytes, (record + 1) * imageBytes),
      record * cifar10RecordBytes + 1,
    );
  });
  return bytes;
}
