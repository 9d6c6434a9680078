"""Data sets: samples by number.

A data set may offer `batch(index)` besides `[number]`: many samples at once, as tensors with a
leading axis. A loader asks for that first, so that a batch costs no Python for each sample, unless
a subclass has redefined `[number]` alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .._base.errors import ShapeError
from .._functions.making.creation import as_tensor
from .._functions.making.random import randperm
from .._primitives.indexing import take
from .._record.door import new_handle
from .._record.random_state import Generator
from .quick import quick_way

Index = np.ndarray[Any, np.dtype[np.int64]]


class Dataset:
    """The base of all data sets: subclass it and write `__getitem__` and `__len__`.

    >>> import wengert
    >>> class Squares(wengert.utils.data.Dataset):
    ...     def __len__(self):
    ...         return 3
    ...     def __getitem__(self, index):
    ...         return index, index ** 2
    >>> [y.tolist() for x, y in wengert.utils.data.DataLoader(Squares(), batch_size=2)]
    [[0, 1], [4]]
    """

    def __getitem__(self, index: Any) -> Any:
        raise NotImplementedError(
            f"{type(self).__name__} has no samples. Define `def __getitem__(self, index): ...`."
        )

    def __len__(self) -> int:
        raise NotImplementedError(
            f"{type(self).__name__} has no length. Define `def __len__(self): ...`."
        )


class TensorDataset(Dataset):
    """Tensors (or arrays) with the samples along the first axis.

    >>> import wengert
    >>> data = wengert.utils.data.TensorDataset(wengert.arange(4.0), wengert.arange(4))
    >>> len(data), data[2]
    (4, (tensor(2.), tensor(2)))
    """

    def __init__(self, *tensors: Any) -> None:
        self.tensors: tuple[Any, ...] = tuple(as_tensor(t) for t in tensors)
        shapes = [tuple(t._data.shape) for t in self.tensors]
        if not shapes or any(not shape or shape[0] != shapes[0][0] for shape in shapes):
            raise ShapeError(
                f"TensorDataset: tensors of shapes {shapes} must have equally many samples along "
                "the first axis."
            )

    def __getitem__(self, index: Any) -> tuple[Any, ...]:
        return tuple(t[index] for t in self.tensors)

    def __len__(self) -> int:
        return self.tensors[0]._data.shape[0]

    def batch(self, index: Index) -> list[Any]:
        """The samples at the positions in `index`: one copy for each tensor."""
        positions = new_handle(np.where(index < 0, index + len(self), index))
        return [take(t, positions) for t in self.tensors]


class Subset(Dataset):
    """The samples of a data set at the given positions.

    >>> from wengert.utils.data import Subset
    >>> list(Subset("abcd", [3, 0]))
    ['d', 'a']
    """

    def __init__(self, dataset: Any, indices: Sequence[int]) -> None:
        self.dataset = dataset
        self.indices = indices

    def __getitem__(self, index: Any) -> Any:
        return self.dataset[self.indices[index]]

    def __len__(self) -> int:
        return len(self.indices)

    @property
    def batch(self) -> Callable[[Index], Any]:
        """As that of the data set, if it has one."""
        inner = quick_way(self.dataset, "batch", "__getitem__")
        if inner is None:
            raise AttributeError("Subset: its data set gives single samples only, no batches.")
        return lambda index: inner(np.array([self.indices[k] for k in index.tolist()], np.int64))


def random_split(
    dataset: Any, lengths: Sequence[float], generator: Generator | None = None
) -> list[Subset]:
    """Parts without overlap, in random order; lengths are counts, or fractions that add up to 1.

    Fractions are rounded down, and what is left over goes to the first parts, one each.

    >>> from wengert.utils.data import random_split
    >>> [len(part) for part in random_split(range(10), [0.75, 0.25])]
    [8, 2]
    """
    total = len(dataset)
    counts = [int(length) for length in lengths]
    if math.isclose(sum(lengths), 1) and any(isinstance(length, float) for length in lengths):
        counts = [math.floor(total * length) for length in lengths]
        for k in range(total - sum(counts)):
            counts[k % len(counts)] += 1
    if sum(counts) != total or min(counts) < 0:
        raise ValueError(
            f"random_split: lengths {list(lengths)} do not add up to {total} samples (nor, as "
            "fractions, to 1)."
        )
    order: list[int] = randperm(total, generator=generator).tolist()
    ends = np.cumsum(counts).tolist()
    return [Subset(dataset, order[end - count : end]) for count, end in zip(counts, ends)]
