"""Samplers: the order in which samples are read.

A sampler is anything that can be iterated for positions. Those here give whole orders as arrays,
which a loader cuts into batches.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import numpy as np

from .._functions.making.random import randint, randperm
from .._record.random_state import Generator
from .quick import quick_way


class Sampler:
    """The base of samplers: subclass it and write `__iter__`, giving positions.

    >>> from wengert.utils.data import DataLoader, Sampler
    >>> class Backwards(Sampler):
    ...     def __iter__(self):
    ...         return iter([2, 1, 0])
    >>> [batch.tolist() for batch in DataLoader([10, 20, 30], batch_size=2, sampler=Backwards())]
    [[30, 20], [10]]
    """

    def __iter__(self) -> Iterator[Any]:
        raise NotImplementedError(
            f"{type(self).__name__} gives no positions. Define `def __iter__(self): ...`."
        )


class SequentialSampler(Sampler):
    """0, 1, 2, ...

    >>> from wengert.utils.data import SequentialSampler
    >>> list(SequentialSampler("abc"))
    [0, 1, 2]
    """

    def __init__(self, data_source: Any) -> None:
        self.data_source = data_source

    def order(self) -> np.ndarray[Any, Any]:
        """All positions."""
        return np.arange(len(self.data_source))

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.data_source)))

    def __len__(self) -> int:
        return len(self.data_source)


class RandomSampler(Sampler):
    """Every position once, in random order; with `replacement`, independent draws.

    Each iteration draws anew from `generator` (by default the one that manual_seed seeds).

    >>> from wengert.utils.data import RandomSampler
    >>> sorted(RandomSampler("abc"))
    [0, 1, 2]
    """

    def __init__(
        self,
        data_source: Any,
        replacement: bool = False,
        num_samples: int | None = None,
        generator: Generator | None = None,
    ) -> None:
        self.data_source = data_source
        self.replacement = replacement
        self.num_samples = len(data_source) if num_samples is None else num_samples
        self.generator = generator
        if not replacement and self.num_samples > len(data_source):
            raise ValueError(
                f"RandomSampler: {self.num_samples} of {len(data_source)} samples can be drawn "
                "only with replacement=True."
            )

    def order(self) -> np.ndarray[Any, Any]:
        """New random positions."""
        size = len(self.data_source)
        if self.replacement:
            return randint(size, (self.num_samples,), generator=self.generator).numpy()
        return randperm(size, generator=self.generator).numpy()[: self.num_samples]

    def __iter__(self) -> Iterator[int]:
        return iter(self.order().tolist())

    def __len__(self) -> int:
        return self.num_samples


class BatchSampler(Sampler):
    """Positions in lists of `batch_size`; the last may be shorter, or is dropped.

    >>> from wengert.utils.data import BatchSampler
    >>> list(BatchSampler(range(5), 2, drop_last=False))
    [[0, 1], [2, 3], [4]]
    """

    def __init__(self, sampler: Iterable[Any], batch_size: int, drop_last: bool = False) -> None:
        if batch_size < 1:
            raise ValueError(f"BatchSampler: batch_size={batch_size} must be at least 1.")
        self.sampler: Any = sampler
        self.batch_size = batch_size
        self.drop_last = drop_last

    def parts(self) -> Iterator[np.ndarray[Any, Any] | list[Any]]:
        """The batches: parts of the array that the sampler's `order` gives, or else lists."""
        whole = quick_way(self.sampler, "order", "__iter__")
        if whole is None:
            positions: Iterator[Any] = iter(self.sampler)
            while some := list(islice(positions, self.batch_size)):
                if len(some) == self.batch_size or not self.drop_last:
                    yield some
            return
        order = whole()
        end = len(order) - len(order) % self.batch_size if self.drop_last else len(order)
        for start in range(0, end, self.batch_size):
            yield order[start : start + self.batch_size]

    def __iter__(self) -> Iterator[list[Any]]:
        for part in self.parts():
            yield part.tolist() if isinstance(part, np.ndarray) else part

    def __len__(self) -> int:
        count = len(self.sampler)
        return count // self.batch_size if self.drop_last else -(-count // self.batch_size)
