import { StriateError } from "../../error.ts";
import {
  type EntryMessage,
  type GraphMessage,
  type ModelMessage,
  quoted,
  type TensorMessage,
} from "./messages.ts";

/** Gives the bytes of a file that lies beside the model, by its path relative to the model's folder. */
export type ReadExternal = (location: string) => Uint8Array;

/** The part of an external file that holds a tensor's data (external_data: location, offset, length). */
export function externalBytes(message: TensorMessage, where: string, read?: ReadExternal): Uint8Array {
  const location = externalLocation(message, where);
  if (read === undefined)
    throw new StriateError(
      `${where} has its data in another file, ${quoted(location)}, which was not given`,
      "Read the model from its folder, or save it as one file",
    );
  const bytes = read(location);
  const offset = readOffset(message.externalData, "offset", where) ?? 0;
  const length = readOffset(message.externalData, "length", where) ?? bytes.length - offset;
  if (offset > bytes.length || offset + length > bytes.length)
    throw new StriateError(
      `${where} has its data in ${quoted(location)} at bytes ${offset} to ${offset + length}, but that file has ${bytes.length}`,
      "Fetch the model and its data files again",
    );
  return bytes.subarray(offset, offset + length);
}

/** The path of a tensor's external file, relative to the model's folder. Throws for one that leads out of it. */
function externalLocation({ externalData }: TensorMessage, where: string): string {
  const location = externalData?.find(({ key }) => key === "location")?.value ?? "";
  const parts = location.split(/[/\\]/);
  const outside = parts[0] === "" || /^[A-Za-z]:/.test(location) || parts.includes("..");
  if (location === "" || location.includes("\0") || outside)
    throw new StriateError(
      `${where} has its data in the file ${quoted(location)}; expected a path inside the model's folder`,
      "Do not use this model if you do not know who made it",
    );
  return location;
}

function readOffset(entries: EntryMessage[] | undefined, key: string, where: string): number | undefined {
  const text = entries?.find((entry) => entry.key === key)?.value;
  if (text === undefined) return undefined;
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value))
    throw new StriateError(
      `${where} has external data with the ${key} ${quoted(text)}`,
      "Save the model again",
    );
  return value;
}

/** The external files that a model's initializers and attributes refer to, each once. */
export function externalLocations(model: ModelMessage, file: string): string[] {
  const locations = new Set<string>();
  const visit = (tensor: TensorMessage) => {
    if (tensor.dataLocation === 1)
      locations.add(externalLocation(tensor, `${file}: tensor ${quoted(tensor.name ?? "")}`));
  };
  const visitGraph = (graph: GraphMessage) => {
    graph.initializer?.forEach(visit);
    for (const { attribute } of graph.node ?? []) {
      for (const { t, g } of attribute ?? []) {
        if (t !== undefined) visit(t);
        if (g !== undefined) visitGraph(g);
      }
    }
  };
  if (model.graph !== undefined) visitGraph(model.graph);
  return [...locations];
}
