import { StriateError } from "../../error.ts";

/** What a pickle may refer to, and what that becomes. Each refuses, with a StriateError, all that it does not know. */
export interface PickleHost {
  /** A class or function of Python by its module and name, such as `collections` and `OrderedDict`. */
  global(module: string, name: string): unknown;
  /** What a global gives when it is called. */
  call(callee: unknown, args: readonly unknown[]): unknown;
  /** What lies outside of the pickle, by its identifier. */
  persistent(id: unknown): unknown;
}

const mark = Symbol("mark");
/** A hundred thousand tensors take about as much. */
const longestPickle = 16 * 2 ** 20;

/**
 * Reads a pickle (Python's pickletools, protocols 2 to 5) that holds dicts, lists, tuples, text, numbers and what `host`
 * knows. Nothing is run but `host`. Dicts become maps, lists arrays, tuples frozen arrays, None null, whole numbers
 * beyond 2⁵³ bigints. What is built stays in proportion to the bytes.
 *
 * @throws StriateError for any other instruction, and for a pickle that is broken, cut short or beyond 16 MiB.
 */
export function readPickle(bytes: Uint8Array, host: PickleHost, name: string): unknown {
  if (bytes.length > longestPickle) {
    throw new StriateError(
      `${name}: its pickle has ${bytes.length} bytes, ${longestPickle} are accepted`,
      "In PyTorch, save the weights alone: torch.save(model.state_dict(), path)",
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const stack: unknown[] = [];
  const memo = new Map<number, unknown>();
  let at = 0;
  /** A tensor of the shortest kind takes seven, in some sixty bytes. */
  let containersLeft = 100_000 + bytes.length / 4;

  const broken = (what: string) =>
    new StriateError(
      `${name}: the pickle is broken at byte ${at}: ${what}`,
      "The file is corrupt: save it again",
    );
  const take = (count: number): number => {
    if (!(count <= bytes.length - at)) throw broken(`${count} bytes are to follow, ${bytes.length - at} do`);
    at += count;
    return at - count;
  };
  const text = (length: number): string => {
    const from = take(length);
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes.subarray(from, at));
    } catch {
      throw broken("its text is not UTF-8");
    }
  };
  const line = (): string => {
    const end = bytes.indexOf(0x0a, at);
    if (end < 0) throw broken("a name has no end");
    const content = text(end - at);
    at++;
    return content;
  };
  const integer = (length: number): number | bigint => {
    const from = take(length);
    if (length > 16) throw broken(`a whole number of ${length} bytes`);
    let value = 0n;
    for (let byte = length - 1; byte >= 0; byte--) value = (value << 8n) | BigInt(bytes[from + byte]!);
    value = BigInt.asIntN(length * 8, value);
    return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  };
  const contain = <T>(container: T): T => {
    if (--containersLeft < 0) throw broken("there are more lists and dicts than tensors need");
    return container;
  };
  const pop = (): unknown => {
    if (stack.length === 0 || stack.at(-1) === mark) throw broken("a value is missing");
    return stack.pop();
  };
  const popToMark = (): unknown[] => {
    const from = stack.lastIndexOf(mark);
    if (from < 0) throw broken("a mark is missing");
    const values = stack.splice(from + 1);
    stack.pop();
    return values;
  };
  const popLast = (length: number): unknown[] => Array.from({ length }, pop).reverse();
  const pushTuple = (values: unknown[]) => stack.push(contain(Object.freeze(values)));
  const top = (): unknown => {
    if (stack.length === 0 || stack.at(-1) === mark) throw broken("a value is missing");
    return stack.at(-1);
  };
  const remember = (index: number) => memo.set(index, top());
  const recall = (index: number) => {
    if (!memo.has(index)) throw broken(`value ${index} was not remembered`);
    stack.push(memo.get(index));
  };
  const append = (values: readonly unknown[]) => {
    const list = top();
    if (!Array.isArray(list) || Object.isFrozen(list)) throw broken("values are put into what is no list");
    for (const value of values) list.push(value);
  };
  const set = (values: readonly unknown[]) => {
    const dict = top();
    if (!(dict instanceof Map)) throw broken("values are set in what is no dict");
    if (values.length % 2 !== 0) throw broken("a key has no value");
    for (let index = 0; index < values.length; index += 2) dict.set(values[index], values[index + 1]);
  };
  const callTop = () => {
    const args = pop();
    if (!Array.isArray(args)) throw broken("a call without a tuple of arguments");
    stack.push(contain(host.call(pop(), args)));
  };
  /** Attributes, such as the versions of layers that state dicts carry, do not matter here. */
  const leaveOutAttributes = () => {
    const state = pop();
    if (!(state instanceof Map && top() instanceof Map))
      throw broken("attributes are set of what is no dict");
  };
  const stackGlobal = () => {
    const [module, global] = popLast(2);
    if (typeof module !== "string" || typeof global !== "string") throw broken("a global's name is not text");
    stack.push(host.global(module, global));
  };

  const instructions: Record<number, () => unknown> = {
    128: () => take(1), // PROTO
    149: () => take(8), // FRAME
    40: () => stack.push(mark), // MARK
    78: () => stack.push(null), // NONE
    136: () => stack.push(true), // NEWTRUE
    137: () => stack.push(false), // NEWFALSE
    75: () => stack.push(view.getUint8(take(1))), // BININT1
    77: () => stack.push(view.getUint16(take(2), true)), // BININT2
    74: () => stack.push(view.getInt32(take(4), true)), // BININT
    138: () => stack.push(integer(view.getUint8(take(1)))), // LONG1
    71: () => stack.push(view.getFloat64(take(8))), // BINFLOAT
    88: () => stack.push(text(view.getUint32(take(4), true))), // BINUNICODE
    140: () => stack.push(text(view.getUint8(take(1)))), // SHORT_BINUNICODE
    125: () => stack.push(contain(new Map())), // EMPTY_DICT
    115: () => set(popLast(2)), // SETITEM
    117: () => set(popToMark()), // SETITEMS
    93: () => stack.push(contain([])), // EMPTY_LIST
    97: () => append([pop()]), // APPEND
    101: () => append(popToMark()), // APPENDS
    41: () => pushTuple([]), // EMPTY_TUPLE
    133: () => pushTuple(popLast(1)), // TUPLE1
    134: () => pushTuple(popLast(2)), // TUPLE2
    135: () => pushTuple(popLast(3)), // TUPLE3
    116: () => pushTuple(popToMark()), // TUPLE
    113: () => remember(view.getUint8(take(1))), // BINPUT
    114: () => remember(view.getUint32(take(4), true)), // LONG_BINPUT
    148: () => remember(memo.size), // MEMOIZE
    104: () => recall(view.getUint8(take(1))), // BINGET
    106: () => recall(view.getUint32(take(4), true)), // LONG_BINGET
    99: () => stack.push(host.global(line(), line())), // GLOBAL
    147: stackGlobal, // STACK_GLOBAL
    82: callTop, // REDUCE
    98: leaveOutAttributes, // BUILD
    81: () => stack.push(host.persistent(pop())), // BINPERSID
  };

  for (;;) {
    const code = view.getUint8(take(1));
    if (code === 0x2e) return pop(); // STOP
    const instruction = instructions[code];
    if (instruction === undefined) {
      throw new StriateError(
        `${name}: the pickle's instruction 0x${code.toString(16).padStart(2, "0")} at byte ${at - 1} is not one that tensors need`,
        "In PyTorch, save the weights alone: torch.save(model.state_dict(), path)",
      );
    }
    instruction();
  }
}
