import type { OnnxAttributes, OnnxInitializer, OnnxNode } from "./onnx-model.ts";
import { type DType, type Shape, sizeOf, type Tensor } from "./tensor.ts";

/**
 * How a four-axis float array lies in memory.
 * - plain: N, C, H, W
 * - blocked: N, C/b, H, W, b with b = the runtime's block of channels (its shape is still said to be N, C, H, W)
 * - rows: N, H·W, C
 */
export type Layout = "plain" | "blocked" | "rows";

/** What an operator's lowering returns: the name of its value, and the layout that value has ("plain" if absent). */
export type Lowered = string | { readonly name: string; readonly layout: Layout };

const NCHWC = "com.microsoft.nchwc";
export const MICROSOFT = "com.microsoft";

/** Collects the ONNX nodes of one graph, and converts values between memory layouts when an operator asks. */
export class Emitter {
  readonly nodes: OnnxNode[] = [];
  readonly initializers: OnnxInitializer[] = [];
  /** Channels per block in the blocked lowering; 0 in the portable one. */
  readonly block: number;
  private readonly values = new Map<Tensor, Partial<Record<Layout, string>>>();
  private readonly memo = new Map<string, string>();
  private readonly consumers: Map<Tensor, Tensor[]>;
  private readonly deferred = new Set<Tensor>();
  private readonly taken: ReadonlySet<string>;
  private counter = 0;

  /** `taken` are the names of the graph's inputs and outputs, which values inside it do not get. */
  constructor(
    order: readonly Tensor[],
    outputs: readonly Tensor[],
    block: number,
    taken: ReadonlySet<string>,
  ) {
    this.block = block;
    this.taken = taken;
    this.consumers = new Map(order.map((node) => [node, []]));
    for (const node of order) for (const input of node.inputs) this.consumers.get(input)!.push(node);
    for (const output of outputs) this.consumers.get(output)!.push(output);
  }

  /** Adds a node with one output and returns the output's name. */
  op(type: string, inputs: readonly string[], attributes: OnnxAttributes = {}, domain = ""): string {
    return this.multi(type, inputs, 1, attributes, domain)[0]!;
  }

  /** Adds a node with several outputs. */
  multi(
    type: string,
    inputs: readonly string[],
    outputs: number,
    attributes: OnnxAttributes,
    domain = "",
  ): string[] {
    const names = Array.from({ length: outputs }, () => this.freshName("v"));
    this.nodes.push({ type, domain, inputs: [...inputs], outputs: names, attributes });
    return names;
  }

  private freshName(prefix: string): string {
    const name = `${prefix}${this.counter++}`;
    return this.taken.has(name) ? this.freshName(prefix) : name;
  }

  nchwc(type: string, inputs: readonly string[], attributes: OnnxAttributes = {}): string {
    return this.op(type, inputs, attributes, NCHWC);
  }

  constant(data: ArrayLike<number>, shape: Shape, dtype: DType = "float32"): string {
    const make = () => {
      const name = this.freshName("c");
      this.initializers.push({ name, shape, dtype, data });
      return name;
    };
    if (data.length > 64) return make();
    return this.once(`constant ${dtype} ${shape.join(",")} ${Array.from(data).join(",")}`, make);
  }

  ints(values: readonly number[]): string {
    return this.constant(values, [values.length], "int64");
  }

  /** The value of `make`, computed the first time that `key` is asked for. */
  once(key: string, make: () => string): string {
    let value = this.memo.get(key);
    if (value === undefined) {
      value = make();
      this.memo.set(key, value);
    }
    return value;
  }

  reshape(value: string, shape: Shape): string {
    return this.op("Reshape", [value, this.ints(shape)]);
  }

  /** Records where the value of `tensor` lies. */
  store(tensor: Tensor, lowered: Lowered): void {
    const { name, layout } =
      typeof lowered === "string" ? { name: lowered, layout: "plain" as const } : lowered;
    const known = this.values.get(tensor) ?? {};
    known[layout] = name;
    this.values.set(tensor, known);
  }

  /** True when a value in this layout exists already, or costs nothing to have. */
  has(tensor: Tensor, layout: Layout): boolean {
    return this.values.get(tensor)?.[layout] !== undefined;
  }

  plain(tensor: Tensor): string {
    return this.inLayout(tensor, "plain", (known) => {
      const [n, channels, height, width] = tensor.shape as [number, number, number, number];
      if (known.blocked === undefined) {
        const image = this.reshape(known.rows!, [n, height, width, channels]);
        return this.op("Transpose", [image], { perm: [0, 3, 1, 2] });
      }
      if (height * width === 1) return known.blocked;
      if (tensor.dtype === "float32") return this.nchwc("ReorderOutput", [known.blocked], { channels });
      const numbers = this.op("Cast", [known.blocked], { to: 1 });
      const reordered = this.nchwc("ReorderOutput", [numbers], { channels });
      return this.op("Cast", [reordered], { to: 9 });
    });
  }

  blocked(tensor: Tensor): string {
    return this.inLayout(tensor, "blocked", () => {
      const shape = [1, 1, 1, 1, ...tensor.shape].slice(-4);
      const value = this.plain(tensor);
      if (shape[2]! * shape[3]! === 1) return value;
      const image = tensor.shape.length === 4 ? value : this.reshape(value, shape);
      if (tensor.dtype === "float32") return this.nchwc("ReorderInput", [image]);
      const reordered = this.nchwc("ReorderInput", [this.op("Cast", [image], { to: 1 })]);
      return this.op("Cast", [reordered], { to: 9 });
    });
  }

  /** N, H·W, C: what a weight gradient gathers its patches from. */
  rows(tensor: Tensor): string {
    return this.inLayout(tensor, "rows", (known) => {
      const [n, channels, height, width] = tensor.shape as [number, number, number, number];
      const shape = [n, height * width, channels];
      if (channels === 1 || height * width === 1) return this.reshape(this.plain(tensor), shape);
      const image =
        known.blocked !== undefined
          ? this.nchwc("ReorderOutput", [known.blocked], { channels, channels_last: 1 })
          : this.op("Transpose", [known.plain!], { perm: [0, 2, 3, 1] });
      return this.reshape(image, shape);
    });
  }

  private inLayout(
    tensor: Tensor,
    layout: Layout,
    make: (known: Partial<Record<Layout, string>>) => string,
  ): string {
    const known = this.values.get(tensor);
    if (known === undefined)
      throw new Error(`${tensor.operator.name} (${tensor.id}) was used before it was emitted`);
    known[layout] ??= make(known);
    return known[layout];
  }

  /** True when the blocked layout can hold `tensor`. */
  canBlock(tensor: Tensor): boolean {
    return (
      this.block > 0 &&
      tensor.shape.length === 4 &&
      tensor.shape[1]! % this.block === 0 &&
      tensor.dtype === "float32"
    );
  }

  /** The blocked value seen with its five real axes: N, C/b, H, W, b. */
  blockedView(value: string, [n, channels, height, width]: Shape): string {
    return this.reshape(value, [n!, channels! / this.block, height!, width!, this.block]);
  }

  /** The only user of `node`, when there is exactly one and it is not an output of the graph. */
  soleConsumer(node: Tensor): Tensor | undefined {
    const users = this.consumers.get(node)!;
    return users.length === 1 && users[0] !== node ? users[0] : undefined;
  }

  /** Leaves `node` to be emitted inside its only user. */
  defer(node: Tensor): void {
    this.deferred.add(node);
  }

  isDeferred(node: Tensor): boolean {
    return this.deferred.has(node);
  }

  /** Emits every node of `order`; a node that was deferred is emitted by its user. */
  emitAll(order: readonly Tensor[]): void {
    for (const node of order) {
      if (!this.deferred.has(node) && !this.values.has(node))
        this.store(node, node.operator.lower(node, this));
    }
  }
}

/** True when `tensor` is one number whatever its rank: it broadcasts in every layout. */
export const isScalar = (tensor: Tensor): boolean => sizeOf(tensor.shape) === 1;
