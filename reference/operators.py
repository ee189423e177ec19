"""Values and gradients of every tensor operator, from PyTorch → test/fixtures/operators.json.

Each case: inputs (drawn, see fixture.py, or listed), options, a cotangent c drawn with the shape of the output, the
output y and the gradients of sum(y * c). PyTorch computes in double precision on the float32 inputs.
`edge` marks cases at a kink or tie, where the gradient is a convention (PyTorch's).
"""

import math

import numpy as np
import torch
import torch.nn.functional as F
from fixture import array, draw, numbers, write

CASES = []
COUNTER = 0


class Drawn:
    """An input drawn uniformly from [low, high)."""

    def __init__(self, *shape, low=-1.0, high=1.0):
        global COUNTER
        COUNTER += 1
        self.seed = 7919 * COUNTER
        self.shape, self.low, self.high = list(shape), low, high

    def stored(self):
        entry = {"shape": self.shape, "seed": self.seed, "low": self.low, "high": self.high}
        return entry

    def values(self):
        return draw(self.shape, self.seed, self.low, self.high)


class Listed:
    """An input with given values; int64 ones are indices."""

    def __init__(self, values, dtype="float32"):
        self.array = np.asarray(values, dtype=np.int64 if dtype == "int64" else np.float32)
        self.dtype = dtype

    def stored(self):
        data = [int(v) for v in self.array.reshape(-1)] if self.dtype == "int64" else numbers(self.array)
        return {"shape": list(self.array.shape), "data": data, "dtype": self.dtype}

    def values(self):
        return self.array


def case(op, forward, inputs, options=None, fixed=(), edge=False, note=None):
    """Adds a case; `fixed` names the inputs that get no gradient."""
    global COUNTER
    COUNTER += 1
    tensors = {}
    for name, spec in inputs.items():
        t = torch.from_numpy(spec.values())
        if t.dtype == torch.float32:
            t = t.double()
            if name not in fixed:
                t.requires_grad_(True)
        tensors[name] = t
    result = forward(**tensors, **(options or {}))
    outputs = result if isinstance(result, dict) else {"y": result}
    entry = {"op": op, "inputs": {name: spec.stored() for name, spec in inputs.items()}}
    if options:
        entry["options"] = options
    if edge:
        entry["edge"] = True
    if note:
        entry["note"] = note
    entry["outputs"] = {name: array(value) for name, value in outputs.items()}
    y = outputs["y"]
    wanted = [name for name, t in tensors.items() if t.requires_grad]
    if wanted and y.dtype == torch.float64 and y.requires_grad:
        seed = 104729 * COUNTER % 2**32
        cotangent = torch.from_numpy(draw(list(y.shape), seed)).double()
        gradients = torch.autograd.grad((y * cotangent).sum(), [tensors[name] for name in wanted])
        entry["cotangent"] = {"shape": list(y.shape), "seed": seed, "low": -1, "high": 1}
        entry["gradients"] = {name: array(g) for name, g in zip(wanted, gradients)}
    CASES.append(entry)


# --- element-wise, one input -------------------------------------------------------------------------------------
WIDE = [-100, -30, -10, -3, -1, -1e-3, 1e-3, 0.5, 1, 3, 10, 30, 80]

UNARY = {
    "neg": torch.neg,
    "abs": torch.abs,
    "exp": torch.exp,
    "square": torch.square,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": torch.relu,
    "elu": F.elu,
    "softplus": F.softplus,
    "gelu": F.gelu,
    "erf": torch.erf,
    "sin": torch.sin,
    "cos": torch.cos,
    "atan": torch.atan,
    "floor": torch.floor,
    "sign": torch.sign,
    "round": torch.round,
    "roundStraightThrough": lambda x: x + (torch.round(x) - x).detach(),
}
for name, function in UNARY.items():
    case(name, lambda x, f=function: f(x), {"x": Drawn(3, 5, low=-3, high=3)})
    case(name, lambda x, f=function: f(x), {"x": Drawn(2, 16, 3, 5, low=-3, high=3)})
for name in ("sigmoid", "tanh", "relu", "elu", "softplus", "gelu", "erf", "atan", "abs", "sign"):
    case(name, lambda x, f=UNARY[name]: f(x), {"x": Listed(WIDE)}, note="far from zero: nothing overflows")
case("exp", lambda x: torch.exp(x), {"x": Listed([-200, -100, -20, 0, 20])})
for name in ("abs", "relu", "sign", "elu", "gelu", "softplus"):
    case(name, lambda x, f=UNARY[name]: f(x), {"x": Listed([0.0, 1.0, -1.0])}, edge=True)
for name in ("round", "roundStraightThrough", "floor"):
    case(
        name,
        lambda x, f=UNARY[name]: f(x),
        {"x": Listed([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 3.5, 0.49999997, -0.50000006, 2.0, -2.0])},
        note="half to even",
        edge=True,
    )
for name, function in {"log": torch.log, "sqrt": torch.sqrt, "reciprocal": torch.reciprocal}.items():
    case(name, lambda x, f=function: f(x), {"x": Drawn(4, 3, low=0.2, high=4)})
case("reciprocal", lambda x: 1 / x, {"x": Drawn(4, 3, low=-4, high=-0.2)})
for exponent in (0, 1, 2, 3, 4, -1, -2):
    case("pow", lambda x, exponent: torch.pow(x, exponent), {"x": Listed([-3, -1.5, -0.25, 0.75, 2, 2.5])}, {"exponent": exponent})
for exponent in (0.5, 1.5, -0.5, -1.7):
    case("pow", lambda x, exponent: torch.pow(x, exponent), {"x": Drawn(4, 3, low=0.2, high=4)}, {"exponent": exponent})
for slope in (0.01, 0.3):
    case("leakyRelu", lambda x, slope: F.leaky_relu(x, slope), {"x": Drawn(3, 5, low=-3, high=3)}, {"slope": slope})
for lo, hi in ((-1, 1), (0, 1), (0, 6), (-0.25, 2.5)):
    case("clip", lambda x, lo, hi: torch.clamp(x, lo, hi), {"x": Drawn(3, 7, low=-3, high=7)}, {"lo": lo, "hi": hi})


def clip_inclusive(x, lo, hi):
    inside = (x >= lo) & (x <= hi)
    return torch.where(inside, x, torch.clamp(x, lo, hi).detach())


case("clip", clip_inclusive, {"x": Listed([0, 1, -0.5, 1.5, 0.5])}, {"lo": 0, "hi": 1}, edge=True,
     note="the gradient passes at both bounds, as quantised training defines it; PyTorch 2.15 stops it there")

case("pow", lambda x, exponent: torch.pow(x, exponent), {"x": Drawn(2, 16, 2, 3)}, {"exponent": 2})
case("leakyRelu", lambda x, slope: F.leaky_relu(x, slope), {"x": Drawn(2, 16, 2, 3)}, {"slope": 0.2})
case("clip", lambda x, lo, hi: torch.clamp(x, lo, hi), {"x": Drawn(2, 16, 2, 3)}, {"lo": -0.5, "hi": 0.25})
for exponent in (0, 1, 2, 3):
    case("pow", lambda x, exponent: torch.pow(x, exponent), {"x": Listed([0.0, 0.5])}, {"exponent": exponent}, edge=True, note="at 0 nothing is NaN")

# --- element-wise, two inputs ------------------------------------------------------------------------------------
BROADCASTS = [
    ((3, 4), (3, 4)),
    ((), ()),
    ((2, 3), ()),
    ((), (2, 3)),
    ((1,), (2, 3)),
    ((3, 1), (1, 4)),
    ((2, 3, 4), (4,)),
    ((2, 1, 4), (3, 1)),
    ((5, 1, 1), (2, 5, 3, 3)),
    ((2, 16, 3, 3), (1, 16, 1, 1)),
    ((2, 16, 3, 3), (2, 16, 1, 1)),
    ((2, 16, 3, 3), (2, 1, 3, 3)),
    ((1, 1), (4, 1, 3)),
]
# images whose channels fill whole blocks, with every shape that broadcasts to them
IMAGE = (2, 16, 2, 3)
BROADCASTS += [(IMAGE, b) for b in ((16, 2, 3), (1, 16, 2, 3), (16, 1, 1), (2, 3), (3,), (1, 2, 1), (1, 16, 1, 3), (2, 1, 2, 3), (1, 1, 2, 1), (1, 1, 1, 1), ())]
BROADCASTS += [((16, 1, 3), IMAGE), ((1, 16, 2, 3), (2, 1, 2, 3)), ((2, 1, 1, 1), IMAGE)]
BINARY = {
    "add": torch.add,
    "sub": torch.sub,
    "mul": torch.mul,
    "div": torch.div,
    "maximum": torch.maximum,
    "minimum": torch.minimum,
}
for name, function in BINARY.items():
    for a, b in BROADCASTS if name in ("mul", "add") else BROADCASTS[:17]:
        b_range = {"low": 0.5, "high": 2} if name == "div" else {}
        case(name, lambda a, b, f=function: f(a, b), {"a": Drawn(*a), "b": Drawn(*b, **b_range)})
case("div", lambda a, b: a / b, {"a": Drawn(3, 4), "b": Drawn(3, 4, low=-2, high=-0.5)})
for name in ("maximum", "minimum"):
    case(name, lambda a, b, f=BINARY[name]: f(a, b), {"a": Listed([1, 2, 3]), "b": Listed([1, 3, 2])}, edge=True,
         note="a tie shares the gradient equally")
COMPARISONS = {
    "greater": torch.gt,
    "greaterEqual": torch.ge,
    "less": torch.lt,
    "lessEqual": torch.le,
    "equal": torch.eq,
}
for name, function in COMPARISONS.items():
    for a, b in (((3, 4), (3, 4)), ((3, 1), (1, 4)), ((2, 3), ()), (IMAGE, (16, 1, 1)), (IMAGE, (16, 2, 3))):
        case(name, lambda a, b, f=function: f(a, b), {"a": Drawn(*a), "b": Drawn(*b)})
    case(name, lambda a, b, f=function: f(a, b), {"a": Listed([1, 2, 3, -0.0]), "b": Listed([1, 3, 2, 0.0])})
case("cast", lambda x, dtype: x.to(torch.int64), {"x": Listed([-2.7, -0.5, 0, 0.5, 1.9, 3])}, {"dtype": "int64"})
case("cast", lambda x, dtype: x != 0, {"x": Listed([-2.7, 0, 0.5])}, {"dtype": "bool"})
for a, b in (((3, 4), (3, 4)), ((3, 1), (1, 4)), (IMAGE, (16, 1, 1)), (IMAGE, IMAGE)):
    case("both", lambda a, b: (a > 0) & (b > 0), {"a": Drawn(*a), "b": Drawn(*b)}, note="a > 0 and b > 0")
for dtype in ("int64", "int32", "bool", "uint8"):
    low = 0 if dtype == "uint8" else -4
    case("cast", lambda x, dtype: x.to(getattr(torch, dtype)), {"x": Drawn(*IMAGE, low=low, high=4)}, {"dtype": dtype})
for c, a, b in (((3, 4), (3, 4), (3, 4)), ((3, 1), (1, 4), ()), ((4,), (2, 3, 1), (3, 4)), ((2, 16, 3, 3), (2, 16, 3, 3), (1, 16, 1, 1)), (IMAGE, (16, 1, 1), (2, 3)), ((16, 2, 3), IMAGE, ())):
    case("where", lambda c, a, b: torch.where(c > 0, a, b), {"c": Drawn(*c), "a": Drawn(*a), "b": Drawn(*b)}, fixed=("c",),
         note="the condition is c > 0")

# --- products ----------------------------------------------------------------------------------------------------
for a, b in (
    ((3, 4), (4, 5)),
    ((1, 4), (4, 1)),
    ((2, 3, 4), (2, 4, 5)),
    ((2, 3, 4), (4, 5)),
    ((3, 4), (2, 4, 5)),
    ((2, 1, 3, 4), (5, 4, 2)),
    ((1, 3, 4), (6, 4, 2)),
    ((2, 4, 7, 8), (2, 4, 8, 7)),
    ((33, 48), (48, 17)),
):
    case("matmul", lambda a, b: a @ b, {"a": Drawn(*a), "b": Drawn(*b)})
for x, w, bias in (((4, 3), (5, 3), True), ((4, 3), (5, 3), False), ((2, 3, 4), (6, 4), True), ((2, 3, 1, 4), (2, 4), True), ((1, 48), (32, 48), True), ((9, 16), (10, 16), False)):
    inputs = {"x": Drawn(*x), "w": Drawn(*w)}
    if bias:
        inputs["b"] = Drawn(w[0])
    case("linear", lambda x, w, b=None: F.linear(x, w, b), inputs)


# --- convolution -------------------------------------------------------------------------------------------------
def pair(v):
    return (v, v) if isinstance(v, int) else tuple(v)


def conv(x, w, bias=None, stride=1, padding=0, dilation=1, groups=1):
    if isinstance(padding, list) and len(padding) == 4:
        top, left, bottom, right = padding
        x, padding = F.pad(x, (left, right, top, bottom)), 0
    return F.conv2d(x, w, bias, pair(stride), pair(padding), pair(dilation), groups)


def conv_case(x, out, kernel, bias=False, **options):
    kh, kw = pair(kernel)
    groups = options.get("groups", 1)
    scale = 1 / math.sqrt(x[1] // groups * kh * kw)
    inputs = {"x": Drawn(*x), "w": Drawn(out, x[1] // groups, kh, kw, low=-scale, high=scale)}
    if bias:
        inputs["bias"] = Drawn(out)
    case("conv2d", conv, inputs, options)


SMALL = [
    ((2, 1, 7, 7), 3, 1, {}),
    ((2, 3, 8, 9), 5, 3, {"padding": 1, "bias": True}),
    ((1, 3, 6, 6), 2, 5, {"padding": 2}),
    ((2, 3, 6, 7), 4, 2, {}),
    ((2, 3, 6, 6), 4, 2, {"stride": 2}),
    ((2, 3, 7, 7), 4, 2, {"stride": 2, "bias": True}),
    ((2, 3, 5, 6), 4, 2, {"padding": [0, 0, 1, 1]}),
    ((2, 3, 6, 6), 4, 4, {"stride": 2, "padding": 1}),
    ((2, 3, 8, 8), 5, 3, {"stride": 2, "padding": 1, "bias": True}),
    ((2, 3, 7, 7), 5, 3, {"stride": 2, "padding": 1}),
    ((2, 3, 8, 7), 5, 3, {"stride": 2}),
    ((2, 3, 8, 8), 5, 1, {"stride": 2}),
    ((2, 3, 7, 7), 5, 1, {"stride": 2}),
    ((2, 3, 10, 11), 5, 3, {"stride": 3}),
    ((2, 3, 11, 12), 5, 3, {"stride": 3, "padding": 1}),
    ((2, 3, 9, 8), 5, 1, {"stride": 3}),
    ((2, 3, 9, 10), 5, 2, {"stride": 3}),
    ((2, 3, 9, 9), 5, 5, {"stride": 2, "padding": 2}),
    ((2, 3, 8, 8), 5, 3, {"stride": [2, 1], "padding": [1, 0]}),
    ((2, 3, 8, 9), 5, 3, {"stride": [1, 3], "padding": [0, 2]}),
    ((2, 3, 6, 6), 4, 3, {"padding": [1, 0, 2, 1]}),
    ((2, 3, 8, 8), 4, 3, {"padding": [0, 0, 1, 1], "stride": 2}),
    ((2, 3, 7, 8), 4, 3, {"padding": [1, 0, 0, 2], "stride": 2}),
    ((2, 3, 8, 8), 4, 3, {"dilation": 2, "padding": 2}),
    ((2, 3, 8, 9), 4, 3, {"dilation": [1, 2], "padding": [1, 2]}),
    ((2, 3, 9, 10), 4, 3, {"dilation": 2, "stride": 2, "padding": 2}),
    ((2, 3, 9, 10), 4, 3, {"dilation": 3, "stride": 2}),
    ((2, 4, 6, 6), 6, 3, {"groups": 2, "padding": 1, "bias": True}),
    ((2, 4, 7, 6), 6, 3, {"groups": 2, "padding": 1, "stride": 2}),
    ((2, 5, 6, 6), 5, 3, {"groups": 5, "padding": 1}),
    ((2, 5, 7, 8), 5, 3, {"groups": 5, "padding": 1, "stride": 2}),
    ((2, 3, 6, 6), 6, 3, {"groups": 3, "padding": 1, "bias": True}),
    ((2, 4, 6, 7), 4, 3, {"groups": 2, "dilation": 2, "padding": 2}),
    ((2, 3, 6, 7), 4, [3, 1], {"padding": [1, 0]}),
    ((2, 3, 6, 7), 4, [1, 3], {"padding": [0, 1], "stride": [1, 2]}),
    ((2, 3, 4, 8), 4, [1, 7], {"padding": [0, 3]}),
    ((2, 3, 5, 4), 4, [5, 4], {}),
    ((2, 3, 5, 5), 4, 3, {"padding": 2}),
    ((2, 3, 4, 5), 4, 1, {"padding": 1}),
    ((2, 3, 4, 5), 4, 3, {"padding": 3}),
    ((2, 3, 5, 5), 4, 1, {"padding": 1, "stride": 2}),
    ((2, 3, 1, 1), 4, 3, {"padding": 1}),
    ((1, 1, 1, 1), 1, 1, {"bias": True}),
    ((9, 3, 5, 5), 4, 3, {"padding": 1}),
    ((5, 5, 5, 5), 3, 3, {"padding": 1, "stride": 2}),
]
BLOCKED = [
    ((2, 16, 6, 6), 16, 3, {"padding": 1, "bias": True}),
    ((2, 16, 7, 9), 32, 3, {"padding": 1}),
    ((1, 32, 5, 5), 48, 3, {"padding": 1, "bias": True}),
    ((2, 48, 5, 4), 16, 3, {"padding": 1}),
    ((2, 16, 5, 5), 16, 1, {}),
    ((2, 32, 6, 5), 16, 1, {"bias": True}),
    ((2, 16, 7, 7), 16, 5, {"padding": 2}),
    ((2, 16, 6, 6), 16, 2, {}),
    ((2, 16, 7, 7), 32, 2, {"stride": 2}),
    ((2, 16, 8, 8), 16, 4, {"stride": 2, "padding": 1}),
    ((2, 16, 8, 8), 32, 3, {"stride": 2, "padding": 1, "bias": True}),
    ((2, 16, 7, 7), 32, 3, {"stride": 2, "padding": 1}),
    ((2, 32, 9, 8), 16, 3, {"stride": 2}),
    ((2, 16, 8, 8), 32, 1, {"stride": 2}),
    ((2, 32, 7, 7), 16, 1, {"stride": 2}),
    ((2, 16, 9, 9), 16, 5, {"stride": 2, "padding": 2}),
    ((2, 16, 10, 11), 16, 3, {"stride": 3}),
    ((2, 16, 9, 8), 16, 1, {"stride": 3}),
    ((2, 16, 8, 8), 16, 3, {"stride": [2, 1], "padding": 1}),
    ((2, 16, 8, 8), 16, 3, {"dilation": 2, "padding": 2}),
    ((2, 16, 9, 10), 16, 3, {"dilation": 2, "stride": 2, "padding": 2}),
    ((2, 16, 7, 7), 16, 3, {"padding": [1, 0, 2, 1]}),
    ((2, 16, 8, 8), 16, 3, {"padding": [0, 0, 1, 1], "stride": 2}),
    ((2, 16, 5, 5), 16, 3, {"padding": 2}),
    ((2, 16, 4, 4), 16, 1, {"padding": 1}),
    ((2, 32, 6, 6), 32, 3, {"groups": 2, "padding": 1}),
    ((2, 32, 6, 6), 64, 3, {"groups": 4, "padding": 1, "bias": True}),
    ((2, 16, 6, 7), 16, 3, {"groups": 16, "padding": 1}),
    ((2, 32, 7, 7), 32, 3, {"groups": 32, "padding": 1, "stride": 2}),
    ((2, 16, 6, 6), 32, 3, {"groups": 16, "padding": 1}),
    ((2, 3, 9, 9), 16, 3, {"padding": 1, "bias": True}),
    ((2, 3, 9, 9), 16, 5, {"stride": 2, "padding": 2}),
    ((2, 1, 8, 8), 32, 3, {"padding": 1}),
    ((4, 2, 8, 8), 16, 3, {"stride": 2, "padding": 1, "bias": True}),
    ((2, 16, 6, 6), 5, 3, {"padding": 1}),
    ((2, 16, 6, 6), 10, 1, {"bias": True}),
    ((2, 24, 6, 6), 16, 3, {"padding": 1}),
    ((2, 16, 6, 6), 24, 3, {"padding": 1}),
    ((2, 8, 6, 6), 8, 3, {"padding": 1}),
    ((2, 16, 4, 4), 16, 4, {}),
    ((9, 16, 5, 5), 16, 3, {"padding": 1}),
    ((5, 32, 5, 5), 32, 3, {"padding": 1, "stride": 2}),
    ((1, 16, 13, 13), 16, 3, {"padding": 1}),
    ((2, 16, 1, 1), 32, 3, {"padding": 1}),
    ((2, 16, 5, 7), 16, [3, 1], {"padding": [1, 0]}),
]
for x, out, kernel, options in SMALL + BLOCKED:
    conv_case(x, out, kernel, **options)

# --- pooling -----------------------------------------------------------------------------------------------------
POOLS = [
    ((2, 3, 6, 6), {"kernel": 2, "stride": 2}),
    ((2, 3, 7, 7), {"kernel": 2, "stride": 2}),
    ((2, 3, 7, 8), {"kernel": 3, "stride": 2, "padding": 1}),
    ((2, 3, 6, 6), {"kernel": 3, "stride": 2, "padding": 1}),
    ((2, 3, 5, 5), {"kernel": 3, "stride": 1, "padding": 1}),
    ((1, 5, 7, 9), {"kernel": [2, 3], "stride": [2, 3], "padding": [0, 1]}),
    ((1, 5, 9, 9), {"kernel": 2, "stride": 3}),
    ((2, 1, 8, 8), {"kernel": 3, "stride": 3, "padding": 1}),
    ((2, 16, 6, 6), {"kernel": 2, "stride": 2}),
    ((2, 16, 7, 7), {"kernel": 3, "stride": 2, "padding": 1}),
    ((1, 32, 5, 5), {"kernel": 3, "stride": 1, "padding": 1}),
    ((2, 16, 4, 4), {"kernel": 4, "stride": 4}),
]
for shape, options in POOLS:
    case("maxPool2d", lambda x, kernel, stride, padding=0: F.max_pool2d(x, kernel, stride, padding), {"x": Drawn(*shape, low=-3, high=-1)}, options)
    case("avgPool2d", lambda x, kernel, stride, padding=0: F.avg_pool2d(x, kernel, stride, padding, count_include_pad=True), {"x": Drawn(*shape)}, options)
case("maxPool2d", lambda x, kernel, stride: F.max_pool2d(x, kernel, stride), {"x": Listed(np.array([0, 0, 1, 2, 0, 0, 2, 2, 3, 1, 0, 0, 3, 3, 0, 5]).reshape(1, 1, 4, 4))},
     {"kernel": 2, "stride": 2}, edge=True, note="the first of equal values takes the gradient")
for shape in ((2, 3, 5, 7), (2, 16, 4, 4), (1, 5, 1, 1)):
    case("globalAvgPool2d", lambda x: x.mean((2, 3), keepdim=True), {"x": Drawn(*shape)})

# --- reductions --------------------------------------------------------------------------------------------------
REDUCTIONS = [((3, 4), None, False), ((3, 4), None, True), ((3, 4), [0], False), ((3, 4), [-1], True), ((2, 3, 4), [0, 2], False),
              ((2, 3, 4), [0, 2], True), ((2, 16, 3, 3), [0, 2, 3], False), ((2, 16, 3, 3), [1], True), ((2, 16, 3, 3), [2, 3], True), ((5,), [0], False),
              ((2, 16, 2, 3), None, True), ((2, 16, 2, 3), [0, 1, 2, 3], False), ((2, 16, 2, 3), [2], False), ((2, 16, 2, 3), [0], False), ((2, 16, 2, 3), [1, 2, 3], False), ((2, 16, 2, 3), [2, 3], False)]
for shape, axes, keep in REDUCTIONS:
    dims = tuple(range(len(shape))) if axes is None else tuple(axes)
    options = {"axes": axes, "keepDims": keep}
    case("sum", lambda x, axes, keepDims: x.sum(dims, keepdim=keepDims), {"x": Drawn(*shape)}, options)
    case("mean", lambda x, axes, keepDims: x.mean(dims, keepdim=keepDims), {"x": Drawn(*shape)}, options)
    if axes is not None:
        case("max", lambda x, axes, keepDims: x.amax(dims, keepdim=keepDims), {"x": Drawn(*shape)}, options)
        case("variance", lambda x, axes, keepDims: x.var(dims, correction=0, keepdim=keepDims), {"x": Drawn(*shape, low=2, high=5)}, options)
case("max", lambda x, axes, keepDims: x.amax(tuple(axes), keepdim=keepDims), {"x": Listed([[1, 3, 3], [2, 2, 2]])}, {"axes": [1], "keepDims": False}, edge=True,
     note="equal values share the gradient equally")
for shape, axis in (((3, 5), 1), ((3, 5), 0), ((2, 3, 4), -1), ((7,), 0), ((2, 16, 2, 3), 1), ((2, 16, 2, 3), 3)):
    case("argmax", lambda x, axis: x.argmax(axis), {"x": Drawn(*shape)}, {"axis": axis})
case("argmax", lambda x, axis: torch.tensor([1, 0]), {"x": Listed([[1, 3, 3], [2, 2, 2]])}, {"axis": 1}, edge=True, note="the first of equal values")

# --- shape -------------------------------------------------------------------------------------------------------
for shape, new in (((2, 6), [3, 4]), ((2, 3, 4), [-1]), ((2, 3, 4), [2, -1]), ((2, 16, 3, 3), [2, 16, 9]), ((2, 16, 3, 3), [2, -1]), ((1,), []), ((), [1, 1])):
    case("reshape", lambda x, shape: x.reshape(shape), {"x": Drawn(*shape)}, {"shape": new})
for shape, perm in (((2, 3), [1, 0]), ((2, 3, 4), [2, 0, 1]), ((2, 16, 3, 4), [0, 2, 3, 1]), ((2, 3, 4, 16), [0, 3, 1, 2]), ((2, 16, 3, 4), [1, 0, 2, 3]), ((2, 3, 4, 5, 2), [4, 0, 3, 1, 2])):
    case("transpose", lambda x, perm: x.permute(perm), {"x": Drawn(*shape)}, {"perm": perm})


def slice_(x, starts, ends, axes=None, steps=None):
    axes = list(range(len(starts))) if axes is None else axes
    steps = [1] * len(starts) if steps is None else steps
    for start, end, axis, step in zip(starts, ends, axes, steps):
        # ends out of range are clamped as in numpy and ONNX
        places = range(x.shape[axis])[start:end:step]
        x = torch.index_select(x, axis, torch.tensor(list(places)))
    return x


for shape, options in (
    ((5, 6), {"starts": [1, 2], "ends": [4, 6]}),
    ((5, 6), {"starts": [-3], "ends": [-1], "axes": [1]}),
    ((5, 6), {"starts": [2], "ends": [100], "axes": [0]}),
    ((7, 6), {"starts": [1, 0], "ends": [7, 6], "steps": [2, 3]}),
    ((7, 6), {"starts": [0], "ends": [6], "axes": [-1], "steps": [4]}),
    ((2, 16, 5, 5), {"starts": [1, 1], "ends": [4, 5], "axes": [2, 3]}),
    ((2, 16, 5, 6), {"starts": [0, 0], "ends": [5, 6], "axes": [2, 3], "steps": [2, 2]}),
    ((2, 32, 3, 3), {"starts": [16], "ends": [32], "axes": [1]}),
    ((2, 16, 3, 3), {"starts": [3], "ends": [9], "axes": [1]}),
    ((4, 3), {"starts": [2], "ends": [3], "axes": [0]}),
    ((5, 6), {"starts": [4], "ends": [0], "axes": [1], "steps": [-1]}),
    ((5, 6), {"starts": [-1], "ends": [-100], "axes": [0], "steps": [-2]}),
):
    case("slice", slice_, {"x": Drawn(*shape)}, options)
for shapes, axis in ((((2, 3), (2, 3)), 0), (((2, 3), (2, 1), (2, 4)), 1), (((2, 3, 1), (2, 3, 4)), -1), (((2, 16, 3, 3), (2, 32, 3, 3)), 1), (((2, 16, 3, 3), (2, 5, 3, 3)), 1), (((2, 16, 3, 3), (2, 16, 2, 3)), 2), (((3,),), 0)):
    case("concat", lambda axis, **parts: torch.cat(list(parts.values()), axis), {f"x{i}": Drawn(*s) for i, s in enumerate(shapes)}, {"axis": axis})
for shapes, axis in ((((2, 3), (2, 3)), 0), (((2, 3), (2, 3), (2, 3)), 1), (((2, 3), (2, 3)), -1), (((2, 16, 3, 3), (2, 16, 3, 3)), 0)):
    case("stack", lambda axis, **parts: torch.stack(list(parts.values()), axis), {f"x{i}": Drawn(*s) for i, s in enumerate(shapes)}, {"axis": axis})


def pad(x, widths, value=0):
    flat = [v for lo_hi in reversed(widths) for v in lo_hi]
    return F.pad(x, flat, value=value)


for shape, widths, value in (((2, 3), [[1, 0], [0, 2]], 0), ((2, 3), [[1, 1], [2, 0]], -1.5), ((2, 16, 3, 3), [[0, 0], [0, 0], [1, 2], [0, 1]], 0), ((2, 16, 3, 3), [[0, 0], [4, 12], [0, 0], [0, 0]], 0), ((4,), [[0, 0]], 3)):
    case("pad", pad, {"x": Drawn(*shape)}, {"widths": widths, "value": value})
for shape, indices, axis in (((5, 3), [0, 4, 4, 2], 0), ((2, 5, 3), [[0, 1], [4, 1]], 1), ((3, 4), [3, 0, 3], -1), ((6,), [5], 0), ((2, 16, 3, 3), [15, 0, 7], 1), ((4, 3), 2, 0)):
    index = np.asarray(indices)

    def gather(x, indices, axis):
        picked = torch.index_select(x, axis, indices.reshape(-1))
        axis = axis % x.ndim
        return picked.reshape(*x.shape[:axis], *indices.shape, *x.shape[axis + 1 :])

    case("gather", gather, {"x": Drawn(*shape), "indices": Listed(index, "int64")}, {"axis": axis})
case("flatten", lambda x: x.flatten(1), {"x": Drawn(2, 3, 4)})
case("flatten", lambda x, startAxis: x.flatten(startAxis), {"x": Drawn(2, 3, 4, 2)}, {"startAxis": 2})
case("flatten", lambda x: x.flatten(1), {"x": Drawn(2, 16, 3, 3)})
for axis in (1, -1, 3):
    case("squeeze", lambda x, axis: x.squeeze(axis), {"x": Drawn(2, 1, 3, 1)}, {"axis": axis})
case("squeeze", lambda x, axis: x.squeeze(axis), {"x": Drawn(2, 16, 1, 3)}, {"axis": 2})
for axis in (0, 1, 2, -1):
    case("unsqueeze", lambda x, axis: x.unsqueeze(axis), {"x": Drawn(2, 3)}, {"axis": axis})
for shape, new in (((3, 1), [3, 4]), ((4,), [2, 3, 4]), ((), [2, 2]), ((1, 16, 1, 1), [2, 16, 3, 3]), ((2, 3), [2, 3])):
    case("broadcastTo", lambda x, shape: x.expand(shape), {"x": Drawn(*shape)}, {"shape": new})

# --- softmax and normalisation -----------------------------------------------------------------------------------
for shape, axis in (((3, 5), -1), ((3, 5), 0), ((2, 5, 3), 1), ((2, 4, 3, 3), 1), ((2, 16, 3, 3), 1), ((6,), 0)):
    case("softmax", lambda x, axis: F.softmax(x, axis), {"x": Drawn(*shape, low=-3, high=3)}, {"axis": axis})
    case("logSoftmax", lambda x, axis: F.log_softmax(x, axis), {"x": Drawn(*shape, low=-3, high=3)}, {"axis": axis})
for name, function in (("softmax", F.softmax), ("logSoftmax", F.log_softmax)):
    case(name, lambda x, axis, f=function: f(x, axis), {"x": Listed([[1000, 999, 998], [-1000, 0, 50], [200, 200, -200]])}, {"axis": -1}, note="large logits")
for shape, axes, eps in (((3, 7), 1, 1e-5), ((2, 5, 8), 1, 1e-6), ((2, 3, 4), 2, 1e-5), ((2, 3, 4, 5), 3, 1e-3), ((1, 4, 32), 1, 1e-5), ((2, 16, 2, 3), 3, 1e-5), ((2, 16, 2, 3), 1, 1e-5)):
    trailing = list(shape[-axes:])
    case("layerNorm", lambda x, gamma, beta, axes, eps: F.layer_norm(x, trailing, gamma, beta, eps),
         {"x": Drawn(*shape, low=-1, high=3), "gamma": Drawn(*trailing, low=0.5, high=2), "beta": Drawn(*trailing)}, {"axes": axes, "eps": eps})


def batch_norm(x, gamma, beta, eps=1e-5):
    dims = [0, *range(2, x.ndim)]
    y = F.batch_norm(x, None, None, gamma, beta, training=True, eps=eps)
    return {"y": y, "mean": x.mean(dims), "variance": x.var(dims, correction=0)}


def batch_norm_inference(x, gamma, beta, mean, variance, eps=1e-5):
    shape = [1, -1] + [1] * (x.ndim - 2)
    m, v, g, b = (t.reshape(shape) for t in (mean, variance, gamma, beta))
    return (x - m) / torch.sqrt(v + eps) * g + b


for shape, options in (((4, 3, 3, 3), {}), ((2, 5, 4, 3), {"eps": 1e-3}), ((6, 4), {}), ((2, 16, 4, 4), {}), ((3, 32, 3, 5), {}), ((5, 16, 1, 1), {}), ((8, 16), {})):
    c = shape[1]
    parts = lambda: {"x": Drawn(*shape, low=-1, high=3), "gamma": Drawn(c, low=0.5, high=2), "beta": Drawn(c)}
    case("batchNorm", batch_norm, parts(), options)
    case("batchNormInference", batch_norm_inference, {**parts(), "mean": Drawn(c), "variance": Drawn(c, low=0.3, high=2)}, options)
for shape in ((3, 4), (2, 3, 4, 5), (2, 16, 3, 3), (2, 32, 3, 4)):
    c = shape[1]
    view = [1, -1] + [1] * (len(shape) - 2)
    case("channelAffine", lambda x, scale, shift: x * scale.reshape(view) + shift.reshape(view), {"x": Drawn(*shape), "scale": Drawn(c, low=0.5, high=2), "shift": Drawn(c)})

# --- sampling ----------------------------------------------------------------------------------------------------
for x, out, low, high in (((2, 3, 5, 7), (4, 3), -0.98, 0.98), ((2, 3, 5, 7), (4, 3), -2.0, 2.0), ((1, 2, 4, 4), (2, 9), -1.4, 1.4), ((2, 16, 6, 6), (1, 5), -1.1, 1.1), ((1, 1, 2, 3), (3, 3), -3, 3)):
    case("gridSample", lambda x, grid: F.grid_sample(x, grid, mode="bilinear", padding_mode="zeros", align_corners=True),
         {"x": Drawn(*x), "grid": Drawn(x[0], *out, 2, low=low, high=high)})
case("gridSample", lambda x, grid: F.grid_sample(x, grid, mode="bilinear", padding_mode="zeros", align_corners=True),
     {"x": Drawn(1, 2, 3, 3), "grid": Listed(np.array([[-1, -1], [1, 1], [0, 0], [-1, 1], [1, 0], [5, 0], [0, -7], [1.5, 1]]).reshape(1, 2, 4, 2))}, fixed=("grid",),
     note="corners, pixel centres and points well outside")


# --- a few operators in a row, so that tensors kept in another layout meet each kind of consumer -----------------
def residual(x, w1, w2, w3):
    a = torch.relu(conv(x, w1, padding=1))
    b = conv(torch.relu(conv(a, w2, padding=1)), w3, padding=1)
    return torch.relu(a + b).mean((2, 3))


case("chain:residual", residual, {"x": Drawn(3, 3, 7, 7), "w1": Drawn(16, 3, 3, 3, low=-0.3, high=0.3), "w2": Drawn(32, 16, 3, 3, low=-0.2, high=0.2), "w3": Drawn(16, 32, 3, 3, low=-0.2, high=0.2)})


def downsample(x, w1, w2, w3, g, b):
    a = batch_norm(conv(x, w1, padding=1), g, b)["y"].relu()
    left = conv(a, w2, stride=2, padding=1)
    right = conv(a, w3, stride=2)
    return F.max_pool2d(left + right, 2, 2)


case("chain:downsample", downsample, {"x": Drawn(2, 1, 9, 8), "w1": Drawn(16, 1, 3, 3), "w2": Drawn(32, 16, 3, 3, low=-0.2, high=0.2), "w3": Drawn(32, 16, 1, 1, low=-0.4, high=0.4), "g": Drawn(16, low=0.5, high=2), "b": Drawn(16)})


def branches(x, w1, w2, w3):
    a = torch.sigmoid(conv(x, w1, padding=1))
    b = torch.tanh(conv(x, w2, padding=1))
    c = torch.cat([a, b], 1)
    return conv(F.avg_pool2d(c, 3, 2, 1), w3).flatten(1)


case("chain:branches", branches, {"x": Drawn(2, 16, 6, 7), "w1": Drawn(16, 16, 3, 3, low=-0.2, high=0.2), "w2": Drawn(32, 16, 3, 3, low=-0.2, high=0.2), "w3": Drawn(16, 48, 1, 1, low=-0.3, high=0.3)})


def transposed(x, w1, w2, s):
    a = conv(x, w1, padding=1) * s.reshape(1, -1, 1, 1)
    rows = a.permute(0, 2, 3, 1).reshape(-1, a.shape[1])
    back = F.softmax(rows, -1).reshape(a.shape[0], a.shape[2], a.shape[3], -1).permute(0, 3, 1, 2)
    return conv(back[:, :, 1:, :], w2, padding=[0, 1, 1, 0]) + a.mean()


case("chain:transposed", transposed, {"x": Drawn(2, 16, 5, 5), "w1": Drawn(16, 16, 3, 3, low=-0.2, high=0.2), "w2": Drawn(16, 16, 3, 3, low=-0.2, high=0.2), "s": Drawn(16, low=0.5, high=2)})


def recurrent(x, w, v):
    for _ in range(3):
        v = torch.tanh(conv(x, w, padding=1) + 0.5 * v)
        x = v
    return v


case("chain:recurrent", recurrent, {"x": Drawn(2, 16, 4, 5), "w": Drawn(16, 16, 3, 3, low=-0.2, high=0.2), "v": Drawn(2, 16, 4, 5)})


def fusion(x, y, w1, w2, b1, s):
    a = conv(x, w1, b1, padding=1)
    b = conv(x, w2, padding=1)
    twice = a + a
    both = torch.relu(a + b)
    alone = torch.relu(conv(both, w2, b1, padding=1) + y)
    scaled = conv(alone, w1, padding=1) + s
    return torch.relu(scaled) + twice + conv(torch.relu(conv(y, w1, padding=1)), w2) [:, :, :1, :1]


case("chain:fusion", fusion, {"x": Drawn(2, 16, 4, 5), "y": Drawn(2, 16, 4, 5), "w1": Drawn(16, 16, 3, 3, low=-0.2, high=0.2), "w2": Drawn(16, 16, 3, 3, low=-0.2, high=0.2), "b1": Drawn(16), "s": Drawn(16, 1, 1)})


def masked(x, w, m, z):
    a = conv(x, w, padding=1)
    counts = torch.trunc(a * 3)
    return torch.where(z > 0, a, x) + torch.where(m > 0, x, a) + (a > x).double() + counts.detach()


case("chain:masked", masked, {"x": Drawn(2, 16, 3, 4), "w": Drawn(16, 16, 3, 3, low=-0.2, high=0.2), "m": Drawn(2, 1, 3, 4), "z": Drawn(2, 16, 3, 4)}, fixed=("m", "z"))


def pooled(x, w1, w2, head):
    a = F.max_pool2d(torch.relu(conv(x, w1, padding=1)), 2, 2)
    b = F.avg_pool2d(torch.relu(conv(a, w2, padding=1)), 2, 2)
    features = b.flatten(1)
    return F.log_softmax(F.linear(features, head), -1)


case("chain:pooled", pooled, {"x": Drawn(3, 1, 8, 8), "w1": Drawn(16, 1, 3, 3), "w2": Drawn(32, 16, 3, 3, low=-0.2, high=0.2), "head": Drawn(5, 128, low=-0.2, high=0.2)})


def attention(x, q, k, v):
    heads = lambda w: F.linear(x, w).reshape(2, 5, 2, 4).permute(0, 2, 1, 3)
    scores = F.softmax(heads(q) @ heads(k).transpose(-1, -2) / 2, -1)
    return (scores @ heads(v)).permute(0, 2, 1, 3).reshape(2, 5, 8)


case("chain:attention", attention, {"x": Drawn(2, 5, 8), "q": Drawn(8, 8), "k": Drawn(8, 8), "v": Drawn(8, 8)})

if __name__ == "__main__":
    for index, entry in enumerate(CASES):
        shapes = " ".join("x".join(map(str, i["shape"])) or "()" for i in entry["inputs"].values())
        options = "".join(f" {k}={v}" for k, v in (entry.get("options") or {}).items())
        entry["name"] = f"{index} {entry['op']} {shapes}{options}".replace("'", "")
    write("operators", "reference/operators.py", {"cases": CASES})
    print(f"{len(CASES)} cases, {len({c['op'] for c in CASES})} operators")
