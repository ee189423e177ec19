import { conv2d, reshape, type Tensor } from "../../../tensor/index.ts";
import type { OnnxOperators } from "../operator-call.ts";
import { windowGeometry } from "./window.ts";

/** (N, C, W) as images of height 1. */
export const asImages = (x: Tensor): Tensor =>
  x.shape.length === 3 ? reshape(x, x.shape.toSpliced(2, 0, 1)) : x;

/** Images of height 1 as (N, C, W) again, where `like` was that. */
export const asGiven = (images: Tensor, like: Tensor): Tensor =>
  like.shape.length === 3 ? reshape(images, images.shape.toSpliced(2, 1)) : images;

export const convolutions: OnnxOperators = {
  Conv: {
    since: 1,
    evaluate: (call) => {
      const [x, weight] = [call.tensor(0), call.tensor(1)];
      const window = windowGeometry(call, x.shape.slice(2), weight.shape.slice(2));
      const bias = call.has(2) ? call.tensor(2) : undefined;
      const groups = call.integer("group", 1);
      return asGiven(conv2d(asImages(x), asImages(weight), { ...window, groups, bias }), x);
    },
  },
};
