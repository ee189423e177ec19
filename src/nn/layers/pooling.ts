import { avgPool2d, flatten, globalAvgPool2d, maxPool2d, type PoolingOptions } from "../../tensor/index.ts";
import { eachStep, type Layer, type Signal } from "../layer.ts";

/** The mean of each window. */
export class AveragePooling implements Layer {
  readonly parameters = [];
  readonly name: string;
  readonly options: PoolingOptions;

  constructor(name: string, options: PoolingOptions) {
    this.name = name;
    this.options = options;
  }

  call(x: Signal): Signal {
    return eachStep(x, (image) => avgPool2d(image, this.options));
  }
}

/** The largest value of each window: it has no exact spiking counterpart. */
export class MaxPooling implements Layer {
  readonly parameters = [];
  readonly name: string;
  readonly options: PoolingOptions;

  constructor(name: string, options: PoolingOptions) {
    this.name = name;
    this.options = options;
  }

  call(x: Signal): Signal {
    return eachStep(x, (image) => maxPool2d(image, this.options));
  }
}

/** The mean of each channel: (N, C, H, W) → (N, C). */
export class GlobalAveragePooling implements Layer {
  readonly parameters = [];
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  call(x: Signal): Signal {
    return eachStep(x, (image) => flatten(globalAvgPool2d(image)));
  }
}

/** (N, …) → (N, all the rest). */
export class Flatten implements Layer {
  readonly parameters = [];
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  call(x: Signal): Signal {
    return eachStep(x, (image) => flatten(image));
  }
}
