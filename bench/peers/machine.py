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
        return (self.a @ self.b).flatten()[: config["compared"]].tolist()

    @torch.inference_mode()
    def step(self):
        torch.matmul(self.a, self.b, out=self.out)


class Add(Contender):
    def __init__(self, count):
        self.a, self.b = ramp(count, 7), ramp(count, 5)
        self.outputs = [torch.empty(count), torch.empty(count)]

    def run(self):
        total = self.a
        for i in range(config["additions"]):
            total = torch.add(total, self.b, out=self.outputs[i % 2])
        return total[: config["compared"]]

    @torch.inference_mode()
    def check(self):
        return self.run().tolist()

    @torch.inference_mode()
    def step(self):
        self.run()


peer.serve(
    {
        "matrix multiply": {"PyTorch": lambda: MatrixMultiply(config["size"])},
        "memory": {"PyTorch": lambda: Add(config["count"])},
    }
)
