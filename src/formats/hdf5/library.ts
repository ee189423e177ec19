/** Element type, shape and layout, as h5wasm reports them. */
export interface ValueDescription {
  /** H5T_class_t */
  type: number;
  /** Bytes of one element. */
  size: number;
  signed: boolean;
  littleEndian: boolean;
  ref_type?: "object" | "region";
  /** Text of variable length. */
  vlen: boolean;
  /** H5T_str_t */
  strpad?: number;
  /** null: holds nothing. */
  shape: number[] | null;
  total_size: number;
  enum_type?: { type: number; members: Record<string, number> };
  virtual_sources?: unknown[];
}

/** The functions of h5wasm's module that are used. Those that return a number return a negative one on failure. */
export interface Hdf5Module {
  HEAPU8: Uint8Array<ArrayBuffer>;
  FS: {
    streams: ({ fd: number } | undefined)[];
    close(stream: { fd: number }): void;
    writeFile(path: string, bytes: Uint8Array, options: { canOwn: boolean }): void;
    readFile(path: string): Uint8Array<ArrayBuffer>;
    readdir(path: string): string[];
    unlink(path: string): void;
  };
  H5G_GROUP: number;
  H5G_DATASET: number;
  H5G_TYPE: number;
  _malloc(bytes: number): number;
  _free(pointer: number): void;
  open(path: string, mode: number, trackOrder: boolean, low: number, high: number): bigint;
  close_file(file: bigint): number;
  get_names(file: bigint, path: string, recursive: boolean): string[];
  get_type(file: bigint, path: string): number;
  get_symbolic_link(file: bigint, path: string): string | null;
  get_external_link(file: bigint, path: string): { filename?: string; obj_path?: string };
  get_attribute_names(file: bigint, path: string): string[];
  get_attribute_metadata(file: bigint, path: string, name: string): ValueDescription;
  get_attribute_data(file: bigint, path: string, name: string, pointer: bigint): number;
  get_dataset_metadata(file: bigint, path: string): ValueDescription;
  get_dataset_data(file: bigint, path: string, count: null, offset: null, stride: null, to: bigint): number;
  /** null: leads nowhere. */
  get_referenced_name(file: bigint, reference: Uint8Array, isObject: boolean): string | null;
  create_group(file: bigint, path: string, trackOrder: boolean): number;
  create_dataset(file: bigint, path: string, pointer: bigint, description: object): number;
  create_vlen_str_dataset(file: bigint, path: string, text: string[], description: object): number;
}

export const libraryFile = "/file.h5";

/** What the library refuses, with the object that it was busy with. */
export class Refusal extends Error {
  readonly object: string;

  constructor(object: string, reason: string) {
    super(reason);
    this.object = object;
  }
}

/**
 * The HDF5 library in WebAssembly, made safe to give any bytes: its memory has a limit, and `reset` brings back the
 * memory that it had after its start, so that no file sees what another has left. For a worker only: it takes over
 * the console, the clock and `WebAssembly.Memory` there. What it cannot stop is a loop without end.
 */
export class Hdf5Library {
  readonly module: Hdf5Module;
  readonly #start: Uint8Array<ArrayBuffer>;
  #complaints: string[];

  private constructor(module: Hdf5Module, complaints: string[]) {
    this.module = module;
    this.#complaints = complaints;
    const heap = new BigInt64Array(module.HEAPU8.buffer);
    let end = heap.length;
    while (heap[end - 1] === 0n) end--;
    this.#start = module.HEAPU8.slice(0, end * 8);
  }

  static async start(): Promise<Hdf5Library> {
    const complaints: string[] = [];
    console.log = console.warn = () => {};
    console.error = (line: unknown) => complaints.length < 1000 && complaints.push(String(line));
    // the library writes the time into files: the same content is to give the same bytes
    Date.now = () => 0;
    const { ready } = await import("h5wasm");
    return new Hdf5Library((await ready) as unknown as Hdf5Module, complaints);
  }

  /** As just started, with no file. @param mostMemory bytes that the library may take beyond what it has. */
  reset(mostMemory: number): void {
    const { module } = this;
    limitGrowth(Number.POSITIVE_INFINITY);
    for (const stream of module.FS.streams) if (stream && stream.fd > 2) module.FS.close(stream);
    if (module.FS.readdir("/").includes(libraryFile.slice(1))) module.FS.unlink(libraryFile);
    module.HEAPU8.set(this.#start);
    module.HEAPU8.fill(0, this.#start.length);
    limitGrowth(module.HEAPU8.length + mostMemory);
    this.#complaints.length = 0;
  }

  /** The innermost cause of the library's last complaint; undefined when there was none. */
  complaint(): string | undefined {
    const causes = this.#complaints.filter((line) => /^\s+#\d{3}: /.test(line));
    return causes.at(-1)?.replace(/^.*\(\): /, "");
  }
}

const grow = WebAssembly.Memory.prototype.grow;

function limitGrowth(mostBytes: number): void {
  WebAssembly.Memory.prototype.grow = function (this: WebAssembly.Memory, pages: number): number {
    if (this.buffer.byteLength + pages * 65536 > mostBytes)
      throw new RangeError("the memory limit is reached");
    return grow.call(this, pages);
  };
}
