import { Hdf5Library, Refusal } from "./library.ts";
import type { Answer, Request } from "./protocol.ts";
import { readTree } from "./read-tree.ts";
import type { Hdf5Group } from "./tree.ts";
import { writeTree } from "./write-tree.ts";

/** A worker that has grown beyond this is not used again: WebAssembly memory never shrinks. */
const mostIdleMemory = 2 ** 26;
/** Each error that h5wasm throws leaves its frames on the library's stack of 2 MiB: a kilobyte or so. */
const mostThrown = 100;

type Post = (answer: Answer, transfer: ArrayBuffer[]) => void;

/** Starts the library, says "ready", and answers every request given to the function that is returned. */
export async function serve(post: Post): Promise<(request: Request) => void> {
  const library = await Hdf5Library.start();
  let thrown = 0;
  post({ kind: "ready" }, []);
  return (request) => {
    const { answer, transfer, threw } = answerTo(library, request);
    if (threw) thrown++;
    answer.spent ||= thrown > mostThrown || library.module.HEAPU8.length > mostIdleMemory;
    post(answer, transfer);
  };
}

interface Reply {
  answer: Exclude<Answer, { kind: "ready" }>;
  transfer: ArrayBuffer[];
  /** Whether h5wasm threw an error. */
  threw: boolean;
}

function answerTo(library: Hdf5Library, request: Request): Reply {
  try {
    if (request.kind === "write") {
      const bytes = writeTree(library, request.root);
      return { answer: { kind: "file", bytes, spent: false }, transfer: [bytes.buffer], threw: false };
    }
    const root = readTree(library, request.bytes, request.values);
    return { answer: { kind: "tree", root, spent: false }, transfer: buffersOf(root), threw: false };
  } catch (error) {
    const { message, object = "" } = error as Error & { object?: string };
    const isOurs = error instanceof Refusal;
    const threw = (error as Error).constructor === Error;
    const reason = isOurs ? message : (library.complaint() ?? `the HDF5 library broke (${message})`);
    // anything else is an abort, memory that ran out, or an error inside WebAssembly
    const spent = !isOurs && !threw;
    return { answer: { kind: "refusal", object, reason, spent }, transfer: [], threw };
  }
}

function buffersOf({ children, attributes }: Hdf5Group): ArrayBuffer[] {
  const values = Object.values(attributes);
  const buffers: ArrayBuffer[] = [];
  for (const child of Object.values(children)) {
    if (child.kind === "group") buffers.push(...buffersOf(child));
    if (child.kind === "dataset") values.push(child.value, ...Object.values(child.attributes));
  }
  for (const { data } of values) if (ArrayBuffer.isView(data)) buffers.push(data.buffer as ArrayBuffer);
  return buffers;
}
