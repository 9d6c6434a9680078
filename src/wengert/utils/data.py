"""Data sets, samplers, loaders and progress bars."""

from .._data.dataset import Dataset, Subset, TensorDataset, random_split
from .._data.loader import DataLoader, default_collate
from .._data.progress import progress
from .._data.sampler import BatchSampler, RandomSampler, Sampler, SequentialSampler

__all__ = [
    "BatchSampler",
    "DataLoader",
    "Dataset",
    "RandomSampler",
    "Sampler",
    "SequentialSampler",
    "Subset",
    "TensorDataset",
    "default_collate",
    "progress",
    "random_split",
]
