"""The operators of PyTorch's `op_db` by name, and their sample inputs.

An operator is called `name` or `name/variant`, as `div/floor_rounding`. Samples are made under a
seed that depends on the operator alone, so that one operator run by itself sees the same numbers.
"""

from __future__ import annotations

import functools
import warnings
import zlib
from collections.abc import Iterator
from typing import Any

import numpy
import torch

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from torch.testing._internal.common_methods_invocations import op_db

DTYPES: dict[str, torch.dtype] = {
    "bool": torch.bool,
    "uint8": torch.uint8,
    "int8": torch.int8,
    "int16": torch.int16,
    "int32": torch.int32,
    "int64": torch.int64,
    "float32": torch.float32,
    "float64": torch.float64,
    "complex128": torch.complex128,
}
"""The dtypes that are held to account, in the order in which they are run."""


@functools.cache
def operators() -> dict[str, Any]:
    """Every OpInfo by its name."""
    found: dict[str, Any] = {}
    for info in op_db:
        name = f"{info.name}/{info.variant_test_name}" if info.variant_test_name else info.name
        while name in found:
            name += "'"
        found[name] = info
    return found


def supported(info: Any, *, backward: bool = False) -> list[str]:
    """The dtypes in which PyTorch runs the operator (or differentiates it) on a CPU."""
    there = info.supported_backward_dtypes("cpu") if backward else info.supported_dtypes("cpu")
    return [name for name, dtype in DTYPES.items() if dtype in there]


def seed_of(name: str) -> int:
    """The seed of an operator's samples and cotangents."""
    return zlib.crc32(name.encode()) % 2**31


def seed_everything(seed: int) -> None:
    """Seed what `op_db` draws from."""
    torch.manual_seed(seed)
    numpy.random.seed(seed)


def samples(name: str, dtype: str, *, grad: bool = False) -> list[Any]:
    """The samples of an operator in one dtype; those for derivatives require gradients."""
    seed_everything(seed_of(name))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return list(operators()[name].sample_inputs("cpu", DTYPES[dtype], requires_grad=grad))


def error_samples(name: str) -> Iterator[Any]:
    """Arguments at which PyTorch raises."""
    seed_everything(seed_of(name))
    info = operators()[name]
    if info.error_inputs_func is None:
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield from info.error_inputs("cpu")


def spread(found: list[Any], limit: int | None) -> list[Any]:
    """At most `limit` of the samples: the first, the last, and evenly between."""
    if limit is None or len(found) <= limit:
        return found
    places = numpy.linspace(0, len(found) - 1, limit).round().astype(int)
    return [found[place] for place in dict.fromkeys(places.tolist())]
