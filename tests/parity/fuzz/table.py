"""What an operator of the fuzzer is: how to call it and how to draw its parameters.

`vocabulary` and `structure` fill the table. An operator without `call` is the library's function of
that dotted name. `exact` says that both libraries must give the same bits for the same operands, so
that the result may be compared, sorted and rounded without a margin.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy
import torch

RNG = numpy.random.Generator
Params = dict[str, Any]
Propose = Callable[[RNG, list[torch.Tensor]], "Params | None"]
Apply = Callable[..., Any]


@dataclasses.dataclass(frozen=True)
class Op:
    """One operator of the fuzzer."""

    name: str
    arity: int
    kinds: str
    """Dtypes of the operands: any of f(loat), i(nteger), b(ool)."""
    propose: Propose
    call: Apply | None = None
    exact: bool = False
    selects: bool = False
    """Drops elements: they have no cotangent, where PyTorch has 0 times the derivative."""
    orders: int = 2
    """How many derivatives PyTorch has."""
    digits: tuple[float, float] = (0.0, 0.0)
    """The relative error of PyTorch's first and second derivative, where it is not rounding."""
    compiles: bool = True
    """Works under jit and vmap (the shape of the result is known without values)."""
    apart: Callable[[torch.Tensor], bool] | None = None
    """Operands for which `docs/differences.md` says that the value is not PyTorch's."""
    holes: int = 3
    """From this derivative on PyTorch has NaN in places where there is a number."""
    loses: Callable[[torch.Tensor], torch.Tensor] | None = None
    """Cotangents of which the gradient is NaN where PyTorch has a number."""
    either_zero: bool = False
    """Of zeros of both signs either may be the result."""
    cancels: Callable[..., bool] | None = None
    """Operands at which PyTorch's second derivative lost its digits, or is known to be wrong."""
    composed: Apply | None = None
    """PyTorch's composition of operations that each round: called with the noise that does so."""
    regular: int = 3
    """From this derivative on (0: the value) PyTorch's answer is for regular matrices only."""
    departs: Callable[..., bool] | None = None
    """Operands at which PyTorch's derivatives lost digits, or are documented not to be ours."""
    compares: bool = False
    """Is decided by rounding where operands are near each other."""
    steady_at_nan: bool = True
    """PyTorch's gradient at NaN is the same wherever in memory the element lies, and ours."""


TABLE: dict[str, Op] = {}


def kind_of(tensor: torch.Tensor) -> str:
    """f, i or b."""
    if tensor.dtype == torch.bool:
        return "b"
    return "f" if tensor.is_floating_point() else "i"


def nothing(rng: RNG, operands: list[torch.Tensor]) -> Params:
    """No parameters."""
    return {}


def add(op: Op) -> None:
    """Put an operator into the table."""
    assert op.name not in TABLE, op.name
    TABLE[op.name] = op


def several(names: str, arity: int, kinds: str, **options: Any) -> None:
    """Operators that differ by their names alone."""
    propose = options.pop("propose", nothing)
    for name in names.split():
        add(Op(name, arity, kinds, propose, **options))


def apply(lib: Any, name: str, operands: list[Any], params: Params) -> Any:
    """The operator of a library, applied."""
    op = TABLE[name]
    if op.call is not None:
        return op.call(lib, *operands, **params)
    found = lib
    for part in name.split("."):
        found = getattr(found, part)
    return found(*operands, **params)


def any_dim(rng: RNG, tensor: torch.Tensor) -> int | None:
    """An axis, counted from either end; None for a tensor without."""
    if tensor.ndim == 0:
        return None
    return int(rng.integers(-tensor.ndim, tensor.ndim))


def maybe(rng: RNG, chance: float = 0.5) -> bool:
    """True as often as that."""
    return bool(rng.random() < chance)
