import { existsSync, readFileSync } from "node:fs";
import { zipSync } from "fflate";
import { describe, expect, test } from "vitest";
import { describeBytes, readTorch, sniff } from "../../src/formats/index.ts";
import { messageOf } from "./errors.ts";

const fixture = (name: string) =>
  new Uint8Array(readFileSync(new URL(`../fixtures/torch/${name}`, import.meta.url)));
const sensorium = new URL("../../../shared/data/models/sensorium_sota_model.pth", import.meta.url);

interface Expected {
  tensors: Record<string, { shape: number[]; dtype: string; data: (number | string | boolean)[] }>;
  values: Record<string, unknown>;
}
const expected: Record<string, Expected> = JSON.parse(new TextDecoder().decode(fixture("expected.json")));

/** A file's bytes with the first `from` in them, which is ASCII, replaced by `to` of the same length. */
function replaced(file: string, from: string, to: string): Uint8Array {
  const bytes = fixture(file);
  const at = Buffer.from(bytes).indexOf(from, 0, "latin1");
  expect(at).toBeGreaterThan(0);
  expect(to).toHaveLength(from.length);
  bytes.set(Buffer.from(to, "latin1"), at);
  return bytes;
}

describe.each(["types", "checkpoint", "protocol4"])("what PyTorch saved: %s", (name) => {
  const { tensors, values } = readTorch(fixture(`${name}.pth`), name);

  test("tensors, in order", () => {
    expect(Object.keys(tensors)).toEqual(Object.keys(expected[name]!.tensors));
    for (const [tensor, { shape, dtype, data }] of Object.entries(expected[name]!.tensors)) {
      expect({ tensor, shape: tensors[tensor]!.shape, dtype: tensors[tensor]!.dtype }).toEqual({
        tensor,
        shape,
        dtype,
      });
      const numbers = (list: ArrayLike<unknown>) =>
        Array.from(list, (value) =>
          Number(
            value === "inf" ? Number.POSITIVE_INFINITY : value === "-inf" ? Number.NEGATIVE_INFINITY : value,
          ),
        );
      const read = numbers(tensors[tensor]!.data);
      expect(read).toEqual(
        dtype === "float32" ? Array.from(Float32Array.from(numbers(data))) : numbers(data),
      );
    }
  });

  test("other values", () => expect(values).toEqual(expected[name]!.values));
});

test("a tensor that two names share is one array; contiguous ones are views where they are aligned", () => {
  const bytes = fixture("checkpoint.pth");
  const { tensors } = readTorch(bytes, "c");
  expect(tensors["state.tied.weight"]!.data).toEqual(tensors["state.linear.weight"]!.data);
  expect(tensors["state.conv.weight"]!.data.buffer).toBe(bytes.buffer);
  const shifted = new Uint8Array(bytes.length + 1);
  shifted.set(bytes, 1);
  const copies = readTorch(shifted.subarray(1), "c").tensors;
  expect(copies["state.conv.weight"]!.data.buffer).not.toBe(shifted.buffer);
  expect(copies).toEqual(tensors);
});

test("sniff and describe", async () => {
  expect(sniff(fixture("types.pth"), "x")).toBe("torch");
  expect(sniff(fixture("old.pth"), "x")).toBe("torch");
  expect(sniff(fixture("../zip/two.zip"), "x")).toBe("zip");
  const { rows, json } = await describeBytes(fixture("checkpoint.pth"), "c.pth");
  expect(rows).toContainEqual({ name: "state.conv.weight", value: "2 × 1 × 3 × 3 float32" });
  expect(rows).toContainEqual({ name: "epoch", value: "12" });
  expect(json).toMatchObject({ format: "torch", values: { best: 0.25 } });
});

describe("what is refused", () => {
  test("a module: the class is named, and what to save instead", () => {
    const message = messageOf(() => readTorch(fixture("module.pth"), "m.pth"));
    expect(message).toMatch(
      /^m\.pth: it asks for Python's __main__\.Net.*torch\.save\(model\.state_dict\(\)/,
    );
  });

  test("a function of the system", () => {
    const bytes = replaced(
      "types.pth",
      "ctorch._utils\n_rebuild_tensor_v2\n",
      "cposix\nsystem\n\x58\x0e\0\0\0rm -rf ~/ #000",
    );
    expect(messageOf(() => readTorch(bytes, "evil"))).toMatch(/^evil: it asks for Python's posix\.system/);
  });

  test("the format before 1.6", () => {
    expect(messageOf(() => readTorch(fixture("old.pth"), "old.pth"))).toMatch(
      /^old\.pth:.*before 1\.6.*save it again/,
    );
  });

  test("another zip archive, and no archive", () => {
    expect(messageOf(() => readTorch(fixture("../zip/two.zip"), "two.zip"))).toMatch(
      /two\.zip.*no data\.pkl/,
    );
    expect(messageOf(() => readTorch(new Uint8Array(3), "three"))).toMatch(/three/);
  });

  test("a storage of another size than its tensors say", () => {
    // the storage of int8: 12 elements of 1 byte
    expect(messageOf(() => readTorch(replaced("types.pth", "CharStorage", "LongStorage"), "t"))).toMatch(
      /storage 7 has 12 bytes, expected 12 elements of 8/,
    );
  });

  test("a missing storage, and a byte order that is none", () => {
    expect(messageOf(() => readTorch(replaced("types.pth", "X\x01\0\0\x003", "X\x01\0\0\0Z"), "t"))).toMatch(
      /there is no types\/data\/Z in it/,
    );
    expect(messageOf(() => readTorch(replaced("types.pth", "little", "middle"), "t"))).toMatch(
      /byte order is "middle"/,
    );
  });

  test("a file that is cut short anywhere", () => {
    const bytes = fixture("checkpoint.pth");
    for (let length = 0; length < bytes.length; length += 37) {
      expect(messageOf(() => readTorch(bytes.subarray(0, length), "cut"))).toMatch(/^cut: /);
    }
  });
});

/** Instructions of a pickle, as text of one byte a character. */
const text = (content: string) => `X${String.fromCharCode(content.length, 0, 0, 0)}${content}`;
const int = (value: number) => `J${String.fromCharCode(...new Uint8Array(new Int32Array([value]).buffer))}`;
const tuple = (...values: string[]) => `(${values.join("")}t`;
const dict = (entries: Record<string, string>) =>
  `}(${Object.entries(entries)
    .map(([key, value]) => text(key) + value)
    .join("")}u`;
const storage = `${tuple(text("storage"), "ctorch\nFloatStorage\n", text("0"), text("cpu"), int(4))}Q`;
const tensor = (offset: string, shape: string, strides: string, from = storage) =>
  `ctorch._utils\n_rebuild_tensor_v2\n${tuple(from, offset, shape, strides, "\x89", "N")}R`;
const whole = tensor(int(0), tuple(int(4)), tuple(int(1)));

/** An archive as of torch.save, of one storage: 1, 2, 3, 4. */
function archive(pickle: string, level: 0 | 6 = 0): Uint8Array {
  const data = new Uint8Array(new Float32Array([1, 2, 3, 4]).buffer);
  const bytes = Uint8Array.from(`\x80\x02${pickle}.`, (character) => character.charCodeAt(0));
  return zipSync({ model: { "data.pkl": bytes, data: { 0: data } } }, { level });
}

describe("hostile pickles", () => {
  test("what they are made of is right", () => {
    const { tensors } = readTorch(archive(dict({ w: whole, __proto__: "N" })), "fine");
    expect(Array.from(tensors.w!.data as Float32Array)).toEqual([1, 2, 3, 4]);
    const square = tensor(int(0), tuple(int(2), int(2)), tuple(int(1), int(2)));
    expect(Array.from(readTorch(archive(square), "fine").tensors.tensor!.data as Float32Array)).toEqual([
      1, 3, 2, 4,
    ]);
  });

  test.each<[string, string, RegExp]>([
    [
      "beyond the storage",
      tensor(int(1), tuple(int(4)), tuple(int(1))),
      /of 4 needs 5 elements of storage 0, which has 4/,
    ],
    ["a negative stride", tensor(int(3), tuple(int(4)), tuple(int(-1))), /no offset, shape and strides/],
    [
      "a shape that may change: a list",
      tensor(int(0), `](${int(4)}e`, tuple(int(1))),
      /no offset, shape and strides/,
    ],
    [
      "more strides than axes",
      tensor(int(0), tuple(int(4)), tuple(int(1), int(1))),
      /no offset, shape and strides/,
    ],
    ["no storage", tensor(int(0), tuple(int(4)), tuple(int(1)), "N"), /a tensor has no storage/],
    [
      "expanded without end",
      tensor(int(0), tuple(int(2 ** 31 - 1)), tuple(int(0))),
      /'tensor' \(2147483647\) goes beyond/,
    ],
    [
      "expanded beyond 2^53",
      tensor(
        int(0),
        tuple(...Array.from({ length: 60 }, () => int(2 ** 31 - 1))),
        tuple(...Array.from({ length: 60 }, () => int(0))),
      ),
      /goes beyond/,
    ],
    ["a list in itself", "]q\0h\0a", /lies more than 64 levels deep, or in itself/],
    [
      "lists of lists twice over",
      `]q\0${Array.from({ length: 40 }, (_, i) => `]q${String.fromCharCode(i + 1)}(h${String.fromCharCode(i)}h${String.fromCharCode(i)}e`).join("")}`,
      /goes beyond/,
    ],
    [
      "names without end",
      `${text("k".repeat(200))}q\0${"}h\0".repeat(60)}](${"N".repeat(10_000)}e${"s".repeat(60)}`,
      /goes beyond what the file's own bytes are worth/,
    ],
    ["dicts without end", "}".repeat(200_000), /more lists and dicts than tensors need/],
    ["a name twice", `}(${text("a.b")}${int(1)}${text("a")}${dict({ b: int(2) })}u`, /holds 'a\.b' twice/],
    ["a key that is a tuple", `}(${tuple(int(1))}Nu`, /a key that is neither text nor a number/],
    ["a class for a value", "ccollections\nOrderedDict\n", /neither a tensor nor a number/],
    ["a call of what is no function", `${int(1)})R`, /a call of what cannot be called/],
    ["an object", "ccollections\nOrderedDict\n)\x81", /instruction 0x81 at byte/],
    ["a value that was not remembered", "h\x05", /value 5 was not remembered/],
    ["nothing", "", /a value is missing/],
    ["a mark for a value", "(", /a value is missing/],
    ["no mark", "]e", /a mark is missing/],
    ["values into a tuple", ")Na", /into what is no list/],
    ["a key without a value", `}(${text("a")}u`, /a key has no value/],
    ["text that is not UTF-8", "X\x01\0\0\0\xff", /not UTF-8/],
    ["text without end", "X\xff\xff\xff\x7fa", /2147483647 bytes are to follow/],
    ["a whole number without end", `\x8a\xff${"a".repeat(255)}`, /a whole number of 255 bytes/],
    ["storages of something else", `${tuple(text("module"), "N", text("0"))}Q`, /no storage of numbers/],
  ])("%s", (_, pickle, message) => {
    const refusal = messageOf(() => readTorch(archive(pickle), "evil.pth"));
    expect(refusal).toMatch(/^evil\.pth: /);
    expect(refusal).toMatch(message);
  });

  test("many copies of one storage are refused before they are made", () => {
    const transposed = tensor("h\x01", "h\x02", "h\x03", "h\x04");
    const values = `${int(0)}q\x01${tuple(int(2), int(2))}q\x02${tuple(int(1), int(2))}q\x03${storage}q\x04`;
    const few = readTorch(archive(`${values}](${transposed.repeat(10)}e`), "few");
    expect(Object.keys(few.tensors)).toHaveLength(10);
    const large = tensor("h\x01", tuple(int(300_000)), tuple(int(0)), "h\x04");
    expect(messageOf(() => readTorch(archive(`${values}](${large.repeat(3)}e`), "many"))).toMatch(
      /repeated too often/,
    );
  });

  test("a packed archive", () => {
    expect(messageOf(() => readTorch(archive(dict({ a: text("a".repeat(200)) }), 6), "packed"))).toMatch(
      /model\/data\.pkl in it is packed or encrypted/,
    );
  });
});

test("the Sensorium baseline", (context) => {
  if (!existsSync(sensorium)) return context.skip("no sensorium_sota_model.pth in ../shared/data/models");
  const { tensors, values } = readTorch(new Uint8Array(readFileSync(sensorium)), "sensorium");
  expect(values).toEqual({});
  expect(Object.keys(tensors)).toHaveLength(39);
  const shape = (name: string) => tensors[name]!.shape;
  expect(shape("core.features.layer0.conv.weight")).toEqual([64, 1, 9, 9]);
  expect(shape("core.features.layer3.ds_conv.spatial_conv.weight")).toEqual([64, 1, 7, 7]);
  expect(shape("readout.26872-17-20._features")).toEqual([1, 64, 1, 7776]);
  expect(tensors["core.features.layer0.norm.num_batches_tracked"]!.dtype).toBe("int64");
  const laplace = tensors["core._input_weights_regularizer.laplace.filter"]!;
  expect(Array.from(laplace.data as Float32Array)).toEqual([0, -1, 0, -1, 4, -1, 0, -1, 0]);
  const sum = (name: string) =>
    (tensors[name]!.data as Float32Array).reduce((total, value) => total + value, 0);
  expect(sum("readout.26872-17-20._features")).toBeCloseTo(-43484.11061, 3);
  expect(sum("core.features.layer0.conv.weight")).toBeCloseTo(-25.23265971, 5);
});
