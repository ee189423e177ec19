import { formatShape } from "../array.ts";
import type { Description } from "../describe.ts";
import { readHdf5 } from "../hdf5.ts";
import { describeNir } from "../nir/describe.ts";
import { describeNwb } from "../nwb/describe.ts";
import { childOf, type Hdf5Group, type Hdf5Object } from "./tree.ts";

/** What `striate info` says of an HDF5 file: of a NIR graph or an NWB file what it is, of any other the groups and datasets. */
export async function describeHdf5(bytes: Uint8Array, name: string): Promise<Description> {
  const root = await readHdf5(bytes, name, false);
  if (holdsNir(root)) return describeNir(bytes, name);
  if ("nwb_version" in root.attributes) return describeNwb(bytes, name);
  const objects = listed(root, "");
  return {
    format: "hdf5",
    rows: [
      { name: "format", value: "HDF5" },
      { name: "objects", value: String(objects.length) },
      ...objects.map(({ path, content }) => ({ name: path, value: content })),
      { name: "bytes", value: String(bytes.length) },
    ],
    json: { format: "hdf5", objects, bytes: bytes.length },
  };
}

function holdsNir(root: Hdf5Group): boolean {
  const node = childOf(root, "node");
  return (
    node?.kind === "group" && ["type", "nodes", "edges"].every((name) => childOf(node, name) !== undefined)
  );
}

interface Listed {
  path: string;
  content: string;
  /** Their names. */
  attributes: string[];
}

function listed(group: Hdf5Group, path: string): Listed[] {
  return Object.entries(group.children).flatMap(([name, child]) => listedObject(child, `${path}/${name}`));
}

function listedObject(child: Hdf5Object, path: string): Listed[] {
  switch (child.kind) {
    case "group":
      return [{ path, content: "group", attributes: Object.keys(child.attributes) }, ...listed(child, path)];
    case "dataset": {
      const content = `${formatShape(child.value.shape)} ${child.value.dtype}`;
      return [{ path, content, attributes: Object.keys(child.attributes) }];
    }
    case "link":
      return [{ path, content: `link to ${child.target}`, attributes: [] }];
    case "datatype":
      return [{ path, content: "element type", attributes: [] }];
  }
}
