"""DataLoader: a data set as batches, in an order of its own for each pass."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

import numpy as np

from .._functions.making.creation import from_numpy, tensor
from .._functions.shaping.joining import stack
from .._graph.value import Handle
from .._record.random_state import Generator
from .quick import quick_way
from .sampler import BatchSampler, RandomSampler, SequentialSampler


def default_collate(batch: list[Any]) -> Any:
    """A list of samples as one batch: tensors, arrays and numbers get a leading axis.

    Samples that are tuples, lists or dictionaries are joined part by part; strings stay a list.

    >>> import wengert
    >>> wengert.utils.data.default_collate([(1, wengert.zeros(2)), (2, wengert.ones(2))])
    [tensor([1, 2]), tensor([[0., 0.],
            [1., 1.]])]
    """
    first: Any = batch[0]
    if isinstance(first, Handle):
        return stack(batch)
    if isinstance(first, np.ndarray | np.generic):
        return from_numpy(np.stack(batch))
    if isinstance(first, float):
        return tensor(batch, dtype="float64")
    if isinstance(first, bool | int):
        return tensor(batch)
    if isinstance(first, str | bytes):
        return batch
    if isinstance(first, Mapping):
        keys = cast(Mapping[Any, Any], first)
        return {key: default_collate([sample[key] for sample in batch]) for key in keys}
    if isinstance(first, tuple | list):
        kind = cast(Any, first).__class__
        parts = [default_collate(list(part)) for part in zip(*batch, strict=True)]
        return kind(*parts) if hasattr(kind, "_fields") else parts
    raise TypeError(
        f"default_collate: samples of type {type(first).__name__} cannot be joined. Pass "
        "collate_fn=..., a function from a list of samples to a batch."
    )


class DataLoader:
    """Batches of a data set, to be iterated once for each epoch.

    `shuffle` reads in a new random order each time, drawn from `generator`; `sampler` gives the
    order itself, `batch_sampler` whole batches of positions. `batch_size=None` gives single
    samples. Batches are made in the calling process, when they are asked for: `num_workers`,
    `pin_memory` and their like are accepted for PyTorch's sake, and change nothing.

    >>> import wengert
    >>> from wengert.utils.data import DataLoader, TensorDataset
    >>> data = TensorDataset(wengert.arange(5.0), wengert.arange(5))
    >>> for x, y in DataLoader(data, batch_size=2, drop_last=True):
    ...     print(x, y)
    tensor([0., 1.]) tensor([0, 1])
    tensor([2., 3.]) tensor([2, 3])
    """

    def __init__(
        self,
        dataset: Any,
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Any = None,
        batch_sampler: Any = None,
        num_workers: int = 0,
        collate_fn: Callable[[list[Any]], Any] | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        timeout: float = 0,
        worker_init_fn: Any = None,
        multiprocessing_context: Any = None,
        generator: Generator | None = None,
        *,
        prefetch_factor: int | None = None,
        persistent_workers: bool = False,
    ) -> None:
        if sampler is not None and shuffle:
            raise ValueError("DataLoader: a sampler has its own order; leave shuffle out.")
        if batch_sampler is not None and (
            batch_size != 1 or shuffle or sampler is not None or drop_last
        ):
            raise ValueError(
                "DataLoader: batch_sampler gives whole batches; leave batch_size, shuffle, sampler "
                "and drop_last out."
            )
        if batch_size is None and drop_last:
            raise ValueError("DataLoader: there is no last batch without batch_size.")
        self.dataset = dataset
        self.collate_fn = collate_fn
        self.drop_last = drop_last
        self.generator = generator
        if sampler is None:
            sampler = (
                RandomSampler(dataset, generator=generator)
                if shuffle
                else SequentialSampler(dataset)
            )
        self.sampler = sampler
        self.batch_size = batch_size
        if batch_sampler is not None:
            self.batch_size = None
        elif batch_size is not None:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        self.batch_sampler = batch_sampler

    def __len__(self) -> int:
        return len(self.sampler if self.batch_sampler is None else self.batch_sampler)

    def __iter__(self) -> Iterator[Any]:
        if self.batch_sampler is None:
            for index in self.sampler:
                sample = self.dataset[index]
                yield sample if self.collate_fn is None else self.collate_fn(sample)
            return
        collate = self.collate_fn or default_collate
        at_once = None
        if self.collate_fn is None:
            at_once = quick_way(self.dataset, "batch", "__getitem__")
        parts = quick_way(self.batch_sampler, "parts", "__iter__")
        for part in self.batch_sampler if parts is None else parts():
            if at_once is not None:
                yield at_once(np.asarray(part, np.int64))
            else:
                positions = part.tolist() if isinstance(part, np.ndarray) else part
                yield collate([self.dataset[index] for index in positions])
