import { elementCount, formatShape } from "../array.ts";
import type { Description } from "../describe.ts";
import { readTorch } from "../torch.ts";

/** What `striate info` says of a file of torch.save. */
export async function describeTorch(bytes: Uint8Array, name: string): Promise<Description> {
  const { tensors, values } = readTorch(bytes, name);
  const list = Object.entries(tensors).map(([tensor, { shape, dtype }]) => ({ name: tensor, shape, dtype }));
  const elements = list.reduce((sum, { shape }) => sum + elementCount(shape), 0);
  return {
    format: "torch",
    rows: [
      { name: "format", value: "PyTorch (torch.save)" },
      { name: "tensors", value: String(list.length) },
      { name: "elements", value: String(elements) },
      ...list.map((tensor) => ({ name: tensor.name, value: `${formatShape(tensor.shape)} ${tensor.dtype}` })),
      ...Object.entries(values).map(([key, value]) => ({ name: key, value: String(value) })),
      { name: "bytes", value: String(bytes.length) },
    ],
    json: { format: "torch", tensors: list, values, elements, bytes: bytes.length },
  };
}
