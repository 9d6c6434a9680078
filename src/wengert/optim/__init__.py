"""Optimisers, under PyTorch's names."""

from .._optim.adam import Adam, AdamW
from .._optim.optimizer import Optimizer
from .._optim.sgd import SGD

__all__ = ["Adam", "AdamW", "Optimizer", "SGD"]
