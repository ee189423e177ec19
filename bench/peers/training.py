"""A training step over prepared batches, as PyTorch users write it."""

import torch
from networks import optimizer
from peer import Contender
from torch import nn


class Training(Contender):
    """Trains `module`, images (N, 1, 28, 28) -> logits (N, 10), with cross-entropy."""

    def __init__(self, module, batches, rule, checked_steps, channels_last=False, after=None):
        self.module = module.train()
        if channels_last:
            module.to(memory_format=torch.channels_last)
        layout = torch.channels_last if channels_last else torch.contiguous_format
        self.batches = [
            (images.contiguous(memory_format=layout), labels.long())
            for images, labels in zip(batches["images"], batches["labels"])
        ]
        self.optimizer = optimizer(module, rule)
        self.loss = nn.CrossEntropyLoss()
        self.checked_steps = checked_steps
        self.after = after
        self.done = 0

    def run(self):
        images, labels = self.batches[self.done % len(self.batches)]
        self.done += 1
        self.optimizer.zero_grad(set_to_none=True)
        loss = self.loss(self.module(images), labels)
        loss.backward()
        self.optimizer.step()
        if self.after is not None:
            self.after()
        return loss.item()

    def check(self):
        return [self.run() for _ in range(self.checked_steps)]

    def step(self):
        self.run()
