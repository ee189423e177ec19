"""Makes a folder for resnet20_spiking.py: a trained ResNet-20 and CIFAR-10 images, or random ones of the same shape.

  python resnet20_folder.py OUT --model resnet20-cifar10.onnx --calibrate data_batch_1.bin --test test_batch.bin
  python resnet20_folder.py OUT --synthetic

λ is the 99.9th percentile of each ReLU over the calibration images. Reading a model needs the onnx package.
"""

import argparse
import json
import math
import os
import struct

import numpy as np
import torch
import torch.nn.functional as F

CHANNELS, BLOCKS = (16, 32, 64), 3
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def shapes():
    """(outputs, inputs) of the 19 convolutions."""
    found, inputs = [(CHANNELS[0], 3)], CHANNELS[0]
    for outputs in CHANNELS:
        for _ in range(BLOCKS):
            found += [(outputs, inputs), (outputs, outputs)]
            inputs = outputs
    return found


def trained(path):
    """Weights by Striate's names; the file has its convolutions in order, normalisations folded in."""
    import onnx
    from onnx import numpy_helper

    graph = onnx.load(path).graph
    values = {each.name: numpy_helper.to_array(each) for each in graph.initializer}
    weights = {}
    for type_, name in (("Conv", "conv"), ("Gemm", "linear")):
        for i, node in enumerate([node for node in graph.node if node.op_type == type_], 1):
            weights[f"{name}{i}/weight"], weights[f"{name}{i}/bias"] = values[node.input[1]], values[node.input[2]]
    assert [weights[f"conv{i + 1}/weight"].shape[:2] for i in range(len(shapes()))] == shapes(), "not a ResNet-20"
    return weights


def drawn(generator):
    weights = {}
    for i, (outputs, inputs) in enumerate(shapes(), 1):
        deviation = math.sqrt((0.5 if i > 1 and i % 2 == 1 else 2) / (9 * inputs))
        weights[f"conv{i}/weight"] = generator.normal(0, deviation, (outputs, inputs, 3, 3)).astype(np.float32)
        weights[f"conv{i}/bias"] = generator.normal(0, 0.1, outputs).astype(np.float32)
    weights["linear1/weight"] = generator.normal(0, 0.2, (10, CHANNELS[-1])).astype(np.float32)
    weights["linear1/bias"] = np.zeros(10, np.float32)
    return weights


def cifar10(paths, count):
    """Normalised images (N, 3, 32, 32) and labels (N) of files in CIFAR-10's binary layout."""
    records = np.concatenate([np.fromfile(path, np.uint8).reshape(-1, 3073) for path in paths])[:count]
    mean, deviation = (np.array(each, np.float32)[:, None, None] for each in (MEAN, DEVIATION))
    images = (records[:, 1:].reshape(-1, 3, 32, 32).astype(np.float32) / 255 - mean) / deviation
    return images, records[:, 0].astype(np.int32)


def activations(weights, images):
    """The outputs of the 19 ReLUs."""
    values = {name: torch.from_numpy(value.copy()) for name, value in weights.items()}
    outputs = []
    for i in range(len(shapes())):
        weight = values[f"conv{i + 1}/weight"]
        x = outputs[-1] if i > 0 else images
        stride = 2 if i > 0 and weight.shape[0] == 2 * weight.shape[1] else 1
        y = F.conv2d(x, weight, values[f"conv{i + 1}/bias"], stride, 1)
        if i > 0 and i % 2 == 0:
            shortcut = outputs[i - 2]
            if shortcut.shape != y.shape:
                padding = (y.shape[1] - shortcut.shape[1]) // 2
                shortcut = F.pad(shortcut[:, :, ::2, ::2], (0, 0, 0, 0, padding, padding))
            y = y + shortcut
        outputs.append(torch.relu(y))
    return outputs


@torch.inference_mode()
def scales(weights, images, percentile):
    values = [[] for _ in shapes()]
    for batch in torch.from_numpy(images).split(50):
        for each, activation in zip(values, activations(weights, batch)):
            each.append(activation.flatten().numpy())
    return [float(np.percentile(np.concatenate(each), percentile)) for each in values]


def write_safetensors(path, arrays):
    header, data = {}, b""
    for name, values in arrays.items():
        block = np.ascontiguousarray(values).tobytes()
        dtype = "I32" if values.dtype == np.int32 else "F32"
        offsets = [len(data), len(data) + len(block)]
        header[name] = {"dtype": dtype, "shape": list(values.shape), "data_offsets": offsets}
        data += block
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out")
    parser.add_argument("--model")
    parser.add_argument("--calibrate", nargs="+")
    parser.add_argument("--test", nargs="+")
    parser.add_argument("--synthetic", action="store_true")
    parser.add_argument("--percentile", type=float, default=99.9)
    parser.add_argument("--calibration-images", type=int, default=1000)
    parser.add_argument("--images", type=int, default=100, help="images of the timed case")
    parser.add_argument("--steps", type=int, default=64)
    options = parser.parse_args()
    if options.synthetic:
        generator = np.random.default_rng(1)
        weights = drawn(generator)
        images = generator.normal(0, 1, (options.images, 3, 32, 32)).astype(np.float32)
        arrays, calibration = {"images": images}, images
    elif options.model and options.calibrate and options.test:
        weights = trained(options.model)
        images, labels = cifar10(options.test, None)
        arrays = {"images": images, "labels": labels}
        calibration, _ = cifar10(options.calibrate, options.calibration_images)
    else:
        parser.error("give --synthetic, or all of --model, --calibrate and --test")
    os.makedirs(options.out, exist_ok=True)
    case = {"name": f"T = {options.steps}, {options.images} images", "images": options.images, "steps": options.steps}
    config = {"start": 0.5, "scales": scales(weights, calibration, options.percentile), "cases": [case]}
    with open(os.path.join(options.out, "config.json"), "w", encoding="utf-8") as file:
        json.dump(config, file)
    write_safetensors(os.path.join(options.out, "weights.safetensors"), weights)
    write_safetensors(os.path.join(options.out, "images.safetensors"), arrays)


if __name__ == "__main__":
    main()
