"""One operator in both libraries: what to call, and when results count as equal."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy
import torch

import wengert

from . import database
from .chance import UNDEFINED, is_random, same_distribution
from .compare import as_array, difference
from .convert import Call, NoCounterpart, array, leaves
from .correspondence import Missing, function_of, translate, unseeded
from .gauge import approximate, same_value
from .verdict import NotApplicable, Wrong


@contextmanager
def quiet() -> Iterator[None]:
    """Warnings of either library are not what is compared."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@dataclasses.dataclass
class Subject:
    """An operator of the database."""

    name: str

    def __post_init__(self) -> None:
        self.info: Any = database.operators()[self.name]
        self.theirs: Callable[..., Any] = unseeded(self.info.op)
        self.absent = ""
        self.callbacks: set[str] = set()
        self.compiled = False
        self.settled: set[str] = set()
        """Where PyTorch's results were not those to compare with, and why."""
        self.ours: Callable[..., Any] = self._absent
        try:
            self.ours = function_of(self.info, seeded=False)
        except (Missing, AttributeError) as error:
            self.absent = str(error)

    def _absent(self, *args: Any, **kwargs: Any) -> Any:
        raise Missing(self.absent)

    def check(self, call: Call, ours: Callable[..., Any], theirs: Callable[..., Any]) -> None:
        """Raise `Wrong` if the two functions return different things for the call.

        Raises `NotApplicable` if PyTorch cannot, and what Wengert raises if it cannot.
        """
        mine = self.converted(call)
        if is_random(self.name, theirs, call):
            self.attempt(call, theirs)
            text = same_distribution(self.name, lambda: mine().run(ours), lambda: call.run(theirs))
        else:
            own = mine()  # before PyTorch's function writes to its arguments
            expected = self.attempt(call, theirs)
            result = own.run(ours)
            if self.name in UNDEFINED:
                text = _same_kind(result, expected)
            else:
                text = self.difference(call, result, expected)
        if text is not None:
            raise Wrong(text)

    def difference(self, call: Call, ours: Any, theirs: Any) -> str | None:
        """What is different about two values of the operator.

        Where they differ and the database has a reference of its own, of NumPy or SciPy, that is
        evaluated in float64 and decides.
        """
        text = same_value(self.info.name, call, ours, theirs)
        if text is None or self.info.ref is None or not isinstance(ours, wengert.Tensor):
            return text
        if not (floating(theirs) and tuple(ours.shape) == tuple(theirs.shape)):
            return text
        mine = as_array(ours)
        if mine.dtype != array(theirs).dtype:
            return text
        try:
            exact = numpy.asarray(call.widened().run(self.info.ref)).astype(mine.dtype)
        except Exception:  # noqa: BLE001 - references are made for some arguments alone
            return text
        if difference(mine, exact) is None and difference(array(theirs), exact) is not None:
            self.settled.add("values: the reference of NumPy or SciPy agrees with Wengert")
            return None
        return text

    def converted(self, call: Call) -> Callable[[], Call]:
        """A function that converts the call; `NotApplicable` if there is no counterpart."""
        views = self.info.name.startswith("as_strided")
        try:
            first = call.ours(views)
        except NoCounterpart as error:
            raise NotApplicable("no dense CPU tensor of at most 64 axes") from error
        spare = [first]
        return lambda: spare.pop() if spare else call.ours(views)

    def attempt(self, call: Call, theirs: Callable[..., Any]) -> Any:
        """PyTorch's result; `NotApplicable` if it raises."""
        try:
            return call.run(theirs)
        except Exception as error:
            raise NotApplicable("PyTorch raises") from error

    def random(self, call: Call) -> bool:
        """Whether the call draws random numbers."""
        return self.name in UNDEFINED or is_random(self.name, self.theirs, call)

    def seeded(self, call: Call) -> bool:
        """Whether derivatives depend on the seed."""
        return self.random(call) or approximate(self.name, call)


def _same_kind(ours: Any, theirs: Any) -> str | None:
    mine, yours = as_array(ours), as_array(theirs)
    if mine.shape == yours.shape and mine.dtype == yours.dtype:
        return None
    return f"{mine.dtype}{mine.shape}, PyTorch has {yours.dtype}{yours.shape}"


def processed(sample: Any, result: Any) -> Any:
    """What `op_db` differentiates of a result of PyTorch."""
    return sample.output_process_fn_grad(result)


def processed_ours(sample: Any, result: Any) -> Any:
    """What `op_db` differentiates of a result of Wengert."""
    return translate(sample.output_process_fn_grad)(result)


def floating(value: Any) -> bool:
    """Whether a result is a tensor of real or complex numbers."""
    if isinstance(value, torch.Tensor):
        return value.is_floating_point() or value.is_complex()
    return isinstance(value, wengert.Tensor) and (
        value.dtype.kind in "fc" or value.dtype.name == "bfloat16"
    )


def floating_leaves(result: Any) -> list[Any]:
    """The tensors of real or complex numbers among results."""
    return [leaf for leaf in leaves(result) if floating(leaf)]
