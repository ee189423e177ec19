import { describe, expect, it } from "vitest";
import { type Architecture, type ArchitectureInput, buildNetwork, denseContext } from "../../src/nn/index.ts";
import { input } from "../../src/tensor/index.ts";
import { messageOf } from "../formats/errors.ts";

type Layers = readonly object[];

const describeNetwork = (layers: Layers, size = { channels: 3, height: 8, width: 8 }) =>
  ({ input: size, layers }) as unknown as ArchitectureInput;

const conv = { type: "conv", channels: 8, kernel: 3 };

describe("a description that is not one is refused, saying where and what is expected", () => {
  it.each<[string, object | null, string[]]>([
    [
      "an unknown layer",
      describeNetwork([conv, { type: "convv" }]),
      ["layers.1", "'conv'", "'residual'", "'linear'"],
    ],
    [
      "an unknown layer in a branch",
      describeNetwork([{ type: "residual", branch: [{ type: "residual" }] }]),
      ["layers.0.branch.0"],
    ],
    ["a missing option", describeNetwork([{ type: "conv", channels: 8 }]), ["layers.0.kernel", "number"]],
    ["an unknown option", describeNetwork([{ ...conv, kernels: 3 }]), ["layers.0", '"kernels"']],
    ["no channels", describeNetwork([{ ...conv, channels: 0 }]), ["layers.0.channels"]],
    ["half a stride", describeNetwork([{ ...conv, stride: 0.5 }]), ["layers.0.stride"]],
    [
      "text for a number",
      describeNetwork([{ type: "linear", features: "10" }]),
      ["layers.0.features", "number"],
    ],
    ["dropout of everything", describeNetwork([{ type: "dropout", rate: 1 }]), ["layers.0.rate"]],
    ["no layers", describeNetwork([]), ["layers"]],
    ["an empty branch", describeNetwork([{ type: "residual", branch: [] }]), ["layers.0.branch"]],
    ["no input", { layers: [conv] }, ["input"]],
    [
      "an image without height",
      describeNetwork([conv], { channels: 3, height: 0, width: 8 }),
      ["input.height"],
    ],
    ["a negative threshold", { ...describeNetwork([conv]), threshold: -1 }, ["threshold"]],
    ["nothing", null, ["its top", "object"]],
  ])("%s", (_what, description, parts) => {
    const message = messageOf(() => buildNetwork(description as ArchitectureInput, 1));
    for (const part of ["the architecture is not valid", ...parts]) expect(message).toContain(part);
  });
});

describe("layers that do not fit are refused, naming the layer and the shapes", () => {
  it.each<[string, Layers, string, string[]]>([
    [
      "a branch with other channels",
      [{ type: "residual", branch: [conv] }],
      "network/residual1",
      ["(1, 8, 8, 8)", "(1, 3, 8, 8)"],
    ],
    [
      "a shortcut of another size",
      [
        conv,
        {
          type: "residual",
          branch: [{ ...conv, stride: 2 }],
          shortcut: [{ type: "conv", channels: 8, kernel: 1 }],
        },
      ],
      "network/residual1",
      ["(1, 8, 4, 4)", "(1, 8, 8, 8)"],
    ],
    ["groups that do not divide the input", [{ ...conv, groups: 2 }], "network/conv1", ["(8, 1.5, 3, 3)"]],
    [
      "groups that do not divide the output",
      [{ ...conv, groups: 3 }],
      "network/conv1",
      ["(1, 3, 8, 8)", "(8, 1, 3, 3)"],
    ],
    [
      "a convolution after flatten",
      [{ type: "flatten" }, conv],
      "network/conv1",
      ["(1, 192)", "(8, 192, 3, 3)"],
    ],
    ["a linear layer on images", [{ type: "linear", features: 4 }], "network/linear1", ["(4, 3)"]],
    [
      "a kernel larger than the image",
      [{ ...conv, kernel: 11, padding: 0 }],
      "network/conv1",
      ["(1, 3, 8, 8)", "(8, 3, 11, 11)"],
    ],
    [
      "a window larger than the image",
      [conv, { type: "averagePool", kernel: 9 }],
      "network/averagePool1",
      ["(1, 8, 8, 8)"],
    ],
    [
      "a window after the whole image",
      [{ type: "globalAveragePool" }, { type: "maxPool", kernel: 2 }],
      "network/maxPool1",
      ["(1, 3)"],
    ],
    [
      "a kernel larger than the image, before a linear layer",
      [
        { type: "averagePool", kernel: 2 },
        { ...conv, kernel: 7, padding: 0 },
        { type: "flatten" },
        { type: "linear", features: 2 },
      ],
      "network/conv1",
      ["(1, 3, 4, 10)"],
    ],
  ])("%s", (what, layers, layer, shapes) => {
    const size = { channels: 3, height: 8, width: what.endsWith("linear layer") ? 20 : 8 };
    const message = messageOf(() => buildNetwork(describeNetwork(layers, size), 1));
    expect(message).toContain(`in layer "${layer}"`);
    for (const shape of shapes) expect(message).toContain(shape);
  });

  it.each([
    [{ type: "linear", features: 1e9 }, '"linear1/weight" would have shape (1000000000, 192)'],
    [
      { ...conv, channels: 1e9, kernel: 1001 },
      '"conv1/weight" would have shape (1000000000, 192, 1001, 1001)',
    ],
  ])("weights that no memory holds", (layer, message) => {
    expect(messageOf(() => buildNetwork(describeNetwork([{ type: "flatten" }, layer]), 1))).toContain(
      message,
    );
  });

  it("images of another size are refused when the network is called", () => {
    const network = buildNetwork(
      describeNetwork([conv, { type: "flatten" }, { type: "linear", features: 4 }]),
      1,
    );
    const message = messageOf(() => network.call(input("images", [1, 3, 9, 9])));
    expect(message).toContain('in layer "network/linear1"');
    expect(message).toContain("648");
    expect(messageOf(() => network.call(input("images", [1, 1, 8, 8])))).toContain(
      'in layer "network/conv1"',
    );
  });
});

describe("a network", () => {
  const layers = [
    { ...conv, bias: true },
    { type: "norm" },
    { type: "activation" },
    {
      type: "residual",
      branch: [conv, { type: "activation" }],
      shortcut: [{ ...conv, kernel: 1, bias: true }],
    },
    { type: "activation" },
    { type: "maxPool", kernel: 3, stride: 2 },
    { type: "dropout", rate: 0.3 },
    { type: "flatten" },
    { type: "linear", features: 10 },
  ];

  it("has the shapes, names and defaults of its description", () => {
    const network = buildNetwork(describeNetwork(layers), 1);
    expect(network.outputShape).toEqual([10]);
    expect(network.activations.map(({ name, index }) => [name, index])).toEqual([
      ["activation1", 0],
      ["residual1/activation1", 1],
      ["activation2", 2],
    ]);
    const shapes = Object.fromEntries(network.parameters.map(({ name, shape }) => [name, shape]));
    expect(shapes).toEqual({
      "conv1/weight": [8, 3, 3, 3],
      "conv1/weightThreshold": [],
      "norm1/gamma": [8],
      "norm1/beta": [8],
      "norm1/mean": [8],
      "norm1/variance": [8],
      "activation1/threshold": [],
      "residual1/conv1/weight": [8, 8, 3, 3],
      "residual1/conv1/weightThreshold": [],
      "residual1/activation1/threshold": [],
      "residual1/shortcut/conv1/weight": [8, 8, 1, 1],
      "residual1/shortcut/conv1/weightThreshold": [],
      "residual1/shortcut/conv1/bias": [8],
      "activation2/threshold": [],
      "linear1/weight": [10, 72],
      "linear1/weightThreshold": [],
      "linear1/bias": [10],
    });
    for (const { threshold } of network.activations) expect(threshold.data).toEqual(Float32Array.of(8));
    const parsed: Architecture = network.architecture;
    expect(buildNetwork(parsed, 1).architecture).toEqual(parsed);
  });

  it("has the same parameters for the same seed, and others for another", () => {
    const [first, second, other] = [5, 5, 6].map((seed) =>
      buildNetwork(describeNetwork(layers), seed).state(),
    );
    expect(second).toEqual(first);
    for (const [name, { data }] of Object.entries(first!)) {
      const drawn = name.endsWith("/weight");
      expect(
        data.every((value, i) => value === other![name]!.data[i]),
        name,
      ).toBe(!drawn);
    }
  });

  it("does not change a layer's parameters when another layer is added after it", () => {
    const one = buildNetwork(describeNetwork([conv]), 1).state();
    const two = buildNetwork(describeNetwork([conv, { type: "norm" }, conv]), 1).state();
    expect(two["conv1/weight"]).toEqual(one["conv1/weight"]);
    expect(two["conv2/weight"]).not.toEqual(one["conv1/weight"]);
  });

  it("takes over values only when all fit, and changes nothing otherwise", () => {
    const network = buildNetwork(describeNetwork(layers), 1);
    const other = buildNetwork(describeNetwork(layers), 2).state();
    const before = network.state();
    const { "linear1/bias": bias, ...rest } = other;
    expect(messageOf(() => network.load(rest))).toContain('no values for "linear1/bias"');
    const wrong = { ...other, "linear1/bias": { shape: [2, 5], data: bias!.data } };
    expect(messageOf(() => network.load(wrong))).toContain(
      '"linear1/bias" has shape (2, 5) in the model, expected (10)',
    );
    expect(network.state()).toEqual(before);
    network.load(other);
    expect(network.state()).toEqual(other);
  });

  it("drops values only in training, with a mask for each step", () => {
    const network = buildNetwork(describeNetwork([{ type: "dropout", rate: 0.5 }]), 1);
    const steps = [input("a", [1, 3, 8, 8]), input("b", [1, 3, 8, 8])];
    expect(network.call(steps)).toEqual(steps);
    const names = new Set<string>();
    const visit = (tensor: (typeof steps)[number]): void => {
      if (tensor.attributes?.source?.kind === "random") names.add(tensor.attributes.source.name);
      tensor.inputs.forEach(visit);
    };
    network.call(steps, denseContext(true)).forEach(visit);
    expect([...names].sort()).toEqual(["dropout1/mask0", "dropout1/mask1"]);
  });
});
