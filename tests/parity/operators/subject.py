"""One operator in both libraries: what to call, and when results count as equal."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch

import wengert

from . import database
from .chance import UNDEFINED, is_random, same_distribution
from .compare import as_array
from .convert import Call, NoCounterpart, leaves
from .correspondence import Missing, function_of, translate, unseeded
from .gauge import same_value
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
            text = same_distribution(lambda: mine().run(ours), lambda: call.run(theirs))
        else:
            own = mine()  # before PyTorch's function writes to its arguments
            expected = self.attempt(call, theirs)
            result = own.run(ours)
            if self.name in UNDEFINED:
                text = _same_kind(result, expected)
            else:
                text = same_value(self.info.name, call, result, expected)
        if text is not None:
            raise Wrong(text)

    @staticmethod
    def converted(call: Call) -> Callable[[], Call]:
        """A function that converts the call; `NotApplicable` if there is no counterpart."""
        try:
            first = call.ours()
        except NoCounterpart as error:
            raise NotApplicable(str(error)) from error
        spare = [first]
        return lambda: spare.pop() if spare else call.ours()

    def attempt(self, call: Call, theirs: Callable[..., Any]) -> Any:
        """PyTorch's result; `NotApplicable` if it raises."""
        try:
            return call.run(theirs)
        except Exception as error:
            raise NotApplicable(str(error)) from error

    def random(self, call: Call) -> bool:
        """Whether the call draws random numbers."""
        return self.name in UNDEFINED or is_random(self.name, self.theirs, call)


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
    return isinstance(value, wengert.Tensor) and value.dtype.kind in "fc"


def floating_leaves(result: Any) -> list[Any]:
    """The tensors of real or complex numbers among results."""
    return [leaf for leaf in leaves(result) if floating(leaf)]
