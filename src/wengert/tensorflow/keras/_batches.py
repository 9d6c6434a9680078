"""What `fit`, `evaluate` and `predict` are given: arrays cut into batches, or batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from ..._base import pytree
from ..._base.errors import ShapeError
from ..._base.kinds import is_array, is_list_or_tuple
from ..._functions.making.creation import from_numpy
from ..._functions.making.random import randperm
from ..._graph.value import Handle
from ..._record.storage import detached

Batch = tuple[Any, Any, Any]
"""Inputs, targets (or None) and sample weights (or None)."""


def _array(value: Any) -> np.ndarray[Any, Any]:
    array = np.asarray(detached(value)._data if isinstance(value, Handle) else value)
    return array.astype(np.float32) if array.dtype == np.float64 else array


def _arrays(tree: Any) -> Any:
    """Lists of numbers as one array, other structures leaf by leaf; float64 becomes float32."""
    if is_list_or_tuple(tree) and not any(is_array(x) or isinstance(x, Handle) for x in tree):
        return _array(tree)
    return pytree.map_leaves(_array, tree)


def _are_batches(x: Any) -> bool:
    if isinstance(x, list):
        return bool(x) and isinstance(x[0], tuple)  # pyright: ignore[reportUnknownArgumentType]
    return not isinstance(x, tuple | dict | np.ndarray | Handle)


class Data:
    """Samples, as arrays with one first axis or as an iterable of batches."""

    def __init__(self, x: Any, y: Any = None, weight: Any = None, batch_size: int | None = None):
        self._source: Iterable[Any] | None = None
        self.batch_size = 32 if batch_size is None else int(batch_size)
        if self.batch_size < 1:
            raise ValueError(f"batch_size must be at least 1, not {batch_size}.")
        if y is None and _are_batches(x):
            self._source = x
            return
        self._parts = (_arrays(x), _arrays(y), _arrays(weight))
        sizes = {len(leaf) for leaf in pytree.flatten(self._parts)[0]}
        if len(sizes) != 1:
            raise ShapeError(
                f"x, y and sample_weight must have the same number of samples, not {sorted(sizes)}."
            )
        self.count = sizes.pop()

    @property
    def is_arrays(self) -> bool:
        """Whether the samples can be indexed."""
        return self._source is None

    @property
    def steps(self) -> int | None:
        """The number of batches, where it is known."""
        if self._source is not None:
            return len(self._source) if hasattr(self._source, "__len__") else None  # type: ignore[arg-type]
        return -(-self.count // self.batch_size)

    def split(self, fraction: float) -> tuple[Data, Data]:
        """The first samples, and the last `fraction` of them."""
        if not self.is_arrays:
            raise ValueError("validation_split needs arrays. Pass validation_data instead.")
        if not 0 < fraction < 1:
            raise ValueError(f"validation_split must be between 0 and 1, not {fraction}.")
        at = int(self.count * (1 - fraction))
        if not 0 < at < self.count:
            raise ValueError(f"validation_split={fraction} of {self.count} samples leaves none.")
        first = [pytree.map_leaves(lambda a: a[:at], part) for part in self._parts]
        last = [pytree.map_leaves(lambda a: a[at:], part) for part in self._parts]
        size = self.batch_size
        return Data(first[0], first[1], first[2], size), Data(last[0], last[1], last[2], size)

    def batches(self, shuffle: bool = False) -> Iterator[Batch]:
        """The batches, in an order drawn from Wengert's generator if `shuffle`."""
        if self._source is not None:
            for item in self._source:
                yield unpack(item)
            return
        order = randperm(self.count).numpy() if shuffle else None
        for start in range(0, self.count, self.batch_size):
            stop = start + self.batch_size
            place = slice(start, stop) if order is None else order[start:stop]
            cut = [pytree.map_leaves(lambda a, p=place: from_numpy(a[p]), t) for t in self._parts]
            yield cut[0], cut[1], cut[2]


def unpack(item: Any) -> Batch:
    """A batch of an iterable: x, (x, y) or (x, y, sample_weight)."""
    parts: tuple[Any, ...] = tuple(item) if is_list_or_tuple(item) else (item,)
    if not 1 <= len(parts) <= 3:
        raise ValueError(f"a batch must be x, (x, y) or (x, y, weight), not {len(parts)} parts.")
    x, y, weight = (*parts, None, None)[:3]
    tensors = [pytree.map_leaves(_tensor, part) for part in (x, y, weight)]
    return tensors[0], tensors[1], tensors[2]


def _tensor(value: Any) -> Any:
    return value if isinstance(value, Handle) else from_numpy(_array(value))


__all__ = ["Batch", "Data", "unpack"]
