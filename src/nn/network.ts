import { StriateError } from "../error.ts";
import { Random } from "../runtime/random.ts";
import { input, type Tensor } from "../tensor/index.ts";
import {
  type Architecture,
  type ArchitectureInput,
  architectureSpecification,
  type LayeredArchitecture,
  type LayerSpecification,
} from "./architecture.ts";
import { denseContext } from "./dense.ts";
import { type Context, callLayer, flattenLayers, type Layer, type Signal } from "./layer.ts";
import { Activation } from "./layers/activation.ts";
import { Residual, Sequence } from "./layers/composition.ts";
import { Convolution } from "./layers/convolution.ts";
import { Dropout } from "./layers/dropout.ts";
import { Linear } from "./layers/linear.ts";
import { BatchNormalization } from "./layers/normalization.ts";
import { AveragePooling, Flatten, GlobalAveragePooling, MaxPooling } from "./layers/pooling.ts";
import { GraphLayer } from "./onnx/graph-layer.ts";
import type { Parameter } from "./parameter.ts";

/** Values of parameters by name, each with its shape. */
export type NetworkState = Readonly<
  Record<string, { readonly shape: readonly number[]; readonly data: Float32Array }>
>;

/** A network of layers with its parameters. */
export class Network {
  readonly architecture: Architecture;
  readonly root: Layer;

  constructor(architecture: Architecture, root: Layer) {
    this.architecture = architecture;
    this.root = root;
  }

  /** Every layer, in order of evaluation. */
  get layers(): Layer[] {
    return flattenLayers(this.root);
  }

  get parameters(): Parameter[] {
    return this.layers.flatMap((layer) => [...layer.parameters]);
  }

  get activations(): Activation[] {
    return this.layers.filter((layer) => layer instanceof Activation);
  }

  /** Evaluates the network on images (N, C, H, W), the same at every time step or one array a step. */
  call(x: Tensor | Signal, context: Context = denseContext()): Signal {
    return callLayer(this.root, Array.isArray(x) ? (x as Signal) : [x as Tensor], context);
  }

  /** Shape of one output, without the batch axis. */
  get outputShape(): readonly number[] {
    const { channels, height, width } = this.architecture.input;
    return this.call(input("shape", [1, channels, height, width]))[0]!.shape.slice(1);
  }

  state(): Record<string, { shape: readonly number[]; data: Float32Array }> {
    return Object.fromEntries(
      this.parameters.map(({ name, shape, data }) => [name, { shape, data: data.slice() }]),
    );
  }

  /** Takes over values; throws when one is missing or has another shape, before anything has changed. */
  load(state: NetworkState): void {
    for (const { name, shape } of this.parameters) {
      const given = state[name];
      if (given === undefined)
        throw new StriateError(
          `the model has no values for "${name}"`,
          "Was it saved from another architecture?",
        );
      if (given.shape.join() !== shape.join()) {
        throw new StriateError(
          `"${name}" has shape (${given.shape.join(", ")}) in the model, expected (${shape.join(", ")})`,
        );
      }
    }
    for (const parameter of this.parameters) parameter.take(state[parameter.name]!.data);
  }
}

/** Builds a network from its description, with parameters drawn from `seed`. */
export function buildNetwork(description: ArchitectureInput, seed: number): Network {
  const parsed = architectureSpecification.safeParse(description);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new StriateError(
      `the architecture is not valid at ${issue!.path.join(".") || "its top"}: ${issue!.message}`,
    );
  }
  const architecture = parsed.data;
  const network = new Network(architecture, rootOf(architecture, new Random(seed).split("parameters")));
  network.outputShape;
  return network;
}

function rootOf(architecture: Architecture, random: Random): Layer {
  if ("graph" in architecture)
    return new GraphLayer("network", architecture.graph, architecture.threshold, random);
  const builder = new Builder(architecture, random);
  return new Sequence("network", builder.sequence(architecture.layers, ""));
}

/** Turns layer descriptions into layers, keeping track of the channels that flow between them. */
class Builder {
  private readonly architecture: LayeredArchitecture;
  private readonly random: Random;
  private channels: number;
  private size: readonly [number, number] | undefined;
  private activations = 0;

  constructor(architecture: LayeredArchitecture, random: Random) {
    const { channels, height, width } = architecture.input;
    this.architecture = architecture;
    this.random = random;
    this.channels = channels;
    this.size = [height, width];
  }

  sequence(specifications: readonly LayerSpecification[], path: string): Layer[] {
    const counts = new Map<string, number>();
    return specifications.map((specification, i) => {
      const number = (counts.get(specification.type) ?? 0) + 1;
      counts.set(specification.type, number);
      const next = specifications[i + 1];
      return this.layer(specification, `${path}${specification.type}${number}`, next?.type === "norm");
    });
  }

  private layer(specification: LayerSpecification, name: string, normalized: boolean): Layer {
    switch (specification.type) {
      case "conv": {
        const { channels: outputs, kernel, stride, groups, bias } = specification;
        const padding = specification.padding ?? Math.floor(kernel / 2);
        const options = {
          inputs: this.channels,
          outputs,
          kernel,
          stride,
          padding,
          groups,
          bias: bias && !normalized,
        };
        this.channels = outputs;
        this.resize(kernel, stride, padding);
        return new Convolution(name, options, this.random);
      }
      case "norm":
        return new BatchNormalization(name, this.channels, this.random);
      case "activation":
        return new Activation(name, this.activations++, this.architecture.threshold, this.random);
      case "averagePool":
      case "maxPool": {
        const { kernel, stride = kernel } = specification;
        this.resize(kernel, stride, 0);
        return new (specification.type === "averagePool" ? AveragePooling : MaxPooling)(name, {
          kernel,
          stride,
        });
      }
      case "globalAveragePool":
        this.size = undefined;
        return new GlobalAveragePooling(name);
      case "flatten":
        this.channels *= this.size === undefined ? 1 : this.size[0] * this.size[1];
        this.size = undefined;
        return new Flatten(name);
      case "dropout":
        return new Dropout(name, specification.rate);
      case "linear": {
        const inputs = this.channels;
        this.channels = specification.features;
        return new Linear(name, inputs, specification.features, this.random);
      }
      case "residual":
        return this.residual(specification, name);
    }
  }

  private residual(specification: Extract<LayerSpecification, { type: "residual" }>, name: string): Layer {
    const before = { channels: this.channels, size: this.size };
    const shortcut =
      specification.shortcut &&
      new Sequence(`${name}/shortcut`, this.sequence(specification.shortcut, `${name}/shortcut/`));
    this.channels = before.channels;
    this.size = before.size;
    const branch = new Sequence(`${name}/branch`, this.sequence(specification.branch, `${name}/`));
    return new Residual(name, branch, shortcut);
  }

  private resize(kernel: number, stride: number, padding: number): void {
    if (this.size === undefined) return;
    const extent = (size: number) => Math.max(0, Math.floor((size + 2 * padding - kernel) / stride) + 1);
    this.size = [extent(this.size[0]), extent(this.size[1])];
  }
}
