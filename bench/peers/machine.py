"""What the machine can do in PyTorch: the rate of matrix multiplication, and of reading and writing memory."""

import peer
import torch
from peer import Contender

config = peer.config()


def ramp(count, period):
    """Small whole numbers, so that every order of summation gives the same product."""
    return (torch.arange(count) % period - period // 2).float()


class MatrixMultiply(Contender):
    def __init__(self, size):
        self.a = ramp(size * size, 7).reshape(size, size)
        self.b = ramp(size * size, 5).reshape(size, size)
        self.out = torch.empty(size, size)

    @torch.inference_mode()
    def check(self):
        return (self.a @ self.b).flatten()[:1000].tolist()

    @torch.inference_mode()
    def step(self):
        torch.matmul(self.a, self.b, out=self.out)


class Add(Contender):
    def __init__(self, count):
        self.a, self.b, self.out = ramp(count, 7), ramp(count, 5), torch.empty(count)

    @torch.inference_mode()
    def check(self):
        return (self.a[:1000] + self.b[:1000]).tolist()

    @torch.inference_mode()
    def step(self):
        torch.add(self.a, self.b, out=self.out)


peer.serve(
    {
        "matrix multiply": {"PyTorch": lambda: MatrixMultiply(config["size"])},
        "memory": {"PyTorch": lambda: Add(config["count"])},
    }
)
