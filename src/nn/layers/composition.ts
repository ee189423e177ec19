import { add, withScope } from "../../tensor/index.ts";
import { type Context, callLayer, eachStepOf, type Layer, type Signal } from "../layer.ts";
import { Convolution } from "./convolution.ts";
import { BatchNormalization } from "./normalization.ts";

/**
 * Layers one after the other. Outside training, a normalisation right after a convolution is folded into its weights:
 * γ/σ · (W∗x) + β − γμ/σ is one convolution.
 */
export class Sequence implements Layer {
  readonly parameters = [];
  readonly name: string;
  readonly children: readonly Layer[];

  constructor(name: string, children: readonly Layer[]) {
    this.name = name;
    this.children = children;
  }

  call(x: Signal, context: Context): Signal {
    let signal = x;
    for (let i = 0; i < this.children.length; i++) {
      const layer = this.children[i]!;
      const next = this.children[i + 1];
      if (!context.training && layer instanceof Convolution && next instanceof BatchNormalization) {
        const input = signal;
        signal = withScope(layer.name, () => layer.call(input, context, next.affine()));
        i++;
      } else {
        signal = callLayer(layer, signal, context);
      }
    }
    return signal;
  }
}

/** The sum of a branch and a shortcut around it (He et al., 2016); without a shortcut the input itself is added. */
export class Residual implements Layer {
  readonly parameters = [];
  readonly name: string;
  readonly branch: Sequence;
  readonly shortcut: Sequence | undefined;

  constructor(name: string, branch: Sequence, shortcut?: Sequence) {
    this.name = name;
    this.branch = branch;
    this.shortcut = shortcut;
  }

  get children(): readonly Layer[] {
    return this.shortcut === undefined ? [this.branch] : [this.branch, this.shortcut];
  }

  call(x: Signal, context: Context): Signal {
    const residual = this.branch.call(x, context);
    const identity = this.shortcut === undefined ? x : this.shortcut.call(x, context);
    return eachStepOf(residual, identity, add);
  }
}
