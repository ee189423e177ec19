import { StriateError } from "../error.ts";
import { readFileOrExplain } from "../formats/index.node.ts";

/** Reads a JSON file that a person wrote. */
export async function readJsonFile(path: string): Promise<unknown> {
  const bytes = await readFileOrExplain(path);
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    throw new StriateError(`${path} is not valid JSON: ${(error as Error).message}`);
  }
}
