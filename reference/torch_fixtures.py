"""Writes test/fixtures/torch/: files of torch.save, and what they hold.

Run from the repository's root: python reference/torch_fixtures.py (written with torch 2.15.0).
"""

import json
import math
import pathlib
from collections import OrderedDict

import torch

folder = pathlib.Path("test/fixtures/torch")
folder.mkdir(parents=True, exist_ok=True)
values = torch.arange(-6, 6).reshape(3, 4)

shared = torch.arange(24, dtype=torch.float32) / 4
types = OrderedDict(
    {
        "float32": values / 4,
        "float64": values.double() / 8,
        "float16": torch.tensor([1.5, -0.1, 65504.0, 6e-8, math.inf, -math.inf, 0.0, 2e-5]).half(),
        "bfloat16": torch.tensor([1.5, -0.1, 3e38, math.inf]).bfloat16(),
        "int64": values * 2**40,
        "int32": values.int(),
        "int16": values.short(),
        "int8": values.char(),
        "uint8": values.abs().byte(),
        "uint16": torch.tensor([0, 1, 65535], dtype=torch.uint16),
        "uint32": torch.tensor([0, 1, 4294967295], dtype=torch.uint32),
        "bool": values > 0,
        "scalar": torch.tensor(1.5),
        "empty": torch.zeros(0, 5),
        "whole": shared.reshape(2, 3, 4),
        "transposed": shared.reshape(4, 6).t(),
        "permuted": shared.reshape(2, 3, 4).permute(2, 0, 1),
        "column": shared.reshape(4, 6)[:, 2],
        "part": shared[5:11],
        "steps": shared[1::5].unsqueeze(0),
        "expanded": torch.tensor([1.0, 2.0]).expand(3, 2),
        "half transposed": (values / 4).half().t(),
    }
)


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = torch.nn.Conv2d(1, 2, 3)
        self.norm = torch.nn.BatchNorm2d(2)
        self.linear = torch.nn.Linear(4, 3)
        self.tied = torch.nn.Linear(4, 3, bias=False)
        self.tied.weight = self.linear.weight


torch.manual_seed(1)
net = Net()
checkpoint = {
    "epoch": 12,
    "name": "größe",
    "best": 0.25,
    "done": False,
    "nothing": None,
    "large": 2**70,
    "negative": -(2**40),
    "size": torch.Size([2, 3]),
    "dtype": torch.float32,
    "state": net.state_dict(),
    "list": [torch.ones(2), {3: torch.zeros(1)}],
    "parameter": torch.nn.Parameter(torch.tensor([1.0, -2.0])),
    "optimizer": torch.optim.SGD(net.parameters(), lr=0.5, momentum=0.5).state_dict(),
}
expected = {}


def describe(tensor):
    widened = tensor.float() if tensor.dtype in (torch.float16, torch.bfloat16) else tensor
    flat = [str(v) if isinstance(v, float) and not math.isfinite(v) else v for v in widened.detach().reshape(-1).tolist()]
    if widened.dtype == torch.int64:
        flat = [str(v) for v in flat]
    return {"shape": list(tensor.shape), "dtype": str(widened.dtype).removeprefix("torch."), "data": flat}


def flatten(value, path, tensors, others):
    if isinstance(value, torch.Tensor):
        tensors[path] = describe(value)
    elif isinstance(value, (dict, list, tuple)):
        for key, each in value.items() if isinstance(value, dict) else enumerate(value):
            flatten(each, f"{path}.{key}" if path else str(key), tensors, others)
    else:
        beyond = isinstance(value, int) and abs(value) >= 2**53
        others[path] = str(value) if beyond or isinstance(value, torch.dtype) else value


def save(name, value, **options):
    torch.save(value, folder / f"{name}.pth", **options)
    expected[name] = {"tensors": {}, "values": {}}
    flatten(value, "", expected[name]["tensors"], expected[name]["values"])


save("types", types)
save("checkpoint", checkpoint)
save("protocol4", checkpoint, pickle_protocol=4)
(folder / "expected.json").write_text(json.dumps(expected, separators=(",", ":"), ensure_ascii=False) + "\n")

# what must be refused
torch.save(net, folder / "module.pth")
torch.save(net.state_dict(), folder / "old.pth", _use_new_zipfile_serialization=False)
for path in sorted(folder.iterdir()):
    print(f"{path.name}: {path.stat().st_size} bytes")
