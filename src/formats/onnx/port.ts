import { StriateError } from "../../error.ts";
import type { OnnxPort } from "../onnx-graph.ts";
import { quoted, type ValueInfoMessage } from "./messages.ts";
import { elementTypeName } from "./tensor.ts";

/**
 * Name, element type and shape of a value as the file states them. A negative extent, which some exporters write for
 * one that is chosen at run time, becomes "".
 */
export function readPort({ name = "", type }: ValueInfoMessage, where: string): OnnxPort {
  if (name === "") throw new StriateError(`${where} has no name`, "Save the model again");
  const { elemType, shape } = type?.tensorType ?? {};
  return {
    name,
    dtype: elementTypeName(elemType),
    shape:
      shape &&
      (shape.dim ?? []).map(({ dimValue, dimParam }) => {
        if (dimValue === undefined || dimValue < 0) return dimParam ?? "";
        if (Number.isSafeInteger(dimValue)) return dimValue;
        throw new StriateError(
          `${where}, ${quoted(name)}, has an extent of ${dimValue}`,
          "Save the model again",
        );
      }),
  };
}
