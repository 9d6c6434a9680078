"""Linear and other primitives.

A linear primitive declares its transpose in each linear operand; its jvp is the operation itself.
Any other primitive declares a jvp, a vjp, or both; the missing one is derived. Rules receive a
`Site`, the place in the record where they are applied, and return tensors.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from .._graph.node import Primitive
from .._graph.value import Handle
from .._record.door import record
from .registry import register
from .samples import Sample

AbstractRule: TypeAlias = Callable[[Any, Any, Any], Any]
"""(shapes, dtypes, params) -> [(shape, dtype)] of the outputs."""
TransposeRule: TypeAlias = Callable[[Any, Any, Any], Any]
"""(site, cotangent, operand position) -> cotangent of the operand."""
BatchRule: TypeAlias = Callable[[Any, Any, Any, Any, Any], Any]
"""(primitive, physical operands, which are batched, batch size, params) -> results."""
Rule: TypeAlias = Callable[[Any, Any], Any] | Callable[[Any, Any, Any], Any] | Callable[..., Any]
"""(site, one cotangent an output or one tangent an operand) -> the other side."""


def _recorded(primitive: Primitive, operands: Sequence[Any], params: dict[str, Any]) -> Any:
    try:
        return record(primitive, operands, params)
    except ValueError:
        # NumPy's message names neither shapes nor a remedy; ours is made only on failure.
        data = [operand._data if isinstance(operand, Handle) else None for operand in operands]
        primitive.abstract(
            [() if d is None else tuple(d.shape) for d in data],
            [None if d is None else d.dtype for d in data],
            params,
        )
        raise


class Linear(Primitive):
    """A primitive that is linear in each of the operands `linear`.

    `transpose(site, g, i)` gives the cotangent of operand i. `joint` says that it is linear in all
    of them together (concatenate), rather than in each for itself (matmul). `mixing` says that what
    meets may cancel (a Fourier transform), so that ones do not show where elements go.
    """

    family = "linear"
    joint = False
    mixing = False

    def __init__(
        self,
        name: str,
        compute: Callable[..., Any],
        *,
        abstract: AbstractRule,
        transpose: TransposeRule,
        keeps: Callable[[int, int], tuple[int, ...]] | tuple[int, ...],
        linear: Callable[[int], Sequence[int]],
        batch: BatchRule,
        doc: str | None,
        samples: Sequence[Sample],
    ) -> None:
        super().__init__(name, compute, abstract=abstract, doc=doc)
        self.transpose = transpose
        self.batch = batch
        self.linear = linear
        self.samples = tuple(samples)
        self._keeps = keeps

    def kept(self, wanted: int, arity: int) -> tuple[int, ...]:
        return self._keeps(wanted, arity) if callable(self._keeps) else self._keeps

    def moves_masks(self, arity: int) -> bool:
        """Whether each element goes somewhere; a product of two operands mixes them all."""
        return not self.mixing and (self.joint or len(self.linear(arity)) == 1)

    def __call__(self, *operands: Any, **params: Any) -> Any:
        """Record with operands that already have their final dtype."""
        return _recorded(self, operands, params)


class Other(Primitive):
    """A primitive with a jvp, a vjp, or both, written out.

    `vjp(site, *cotangents)` returns one entry for each operand: a tensor or None.
    `jvp(site, *tangents)` returns one for each output. A missing cotangent or tangent comes as
    None.
    """

    family = "other"
    absence: str | None = None
    """What becomes of absent elements: "pointwise", they stay; "moves", they go where the rules
    take them; "carried", the rules see to it: vjp(site, wanted, *cotangents) and jvp take and give
    values with masks; None, they have become zeros."""

    def __init__(
        self,
        name: str,
        compute: Callable[..., Any],
        *,
        abstract: AbstractRule,
        n_outputs: int,
        vjp: Rule | None,
        jvp: Rule | None,
        keeps: tuple[int, ...] | None,
        batch: BatchRule,
        doc: str | None,
        samples: Sequence[Sample],
    ) -> None:
        super().__init__(
            name,
            compute,
            abstract=abstract,
            n_outputs=n_outputs,
            differentiable=vjp is not None or jvp is not None,
            doc=doc,
        )
        self.vjp = vjp
        self.jvp = jvp
        self.batch = batch
        self.samples = tuple(samples)
        self._keeps = keeps

    def kept(self, wanted: int, arity: int) -> tuple[int, ...]:
        return super().kept(wanted, arity) if self._keeps is None else self._keeps

    def __call__(self, *operands: Any, **params: Any) -> Any:
        """Record with operands that already have their final dtype."""
        return _recorded(self, operands, params)


def linear(
    *,
    abstract: AbstractRule,
    transpose: TransposeRule,
    batch: BatchRule,
    keeps: Callable[[int, int], tuple[int, ...]] | tuple[int, ...] = (),
    operands: Callable[[int], Sequence[int]] = lambda arity: (0,),
    joint: bool = False,
    view: bool = False,
    selecting: bool | Callable[[Any], bool] = False,
    filling: bool = False,
    mixing: bool = False,
    name: str | None = None,
    samples: Sequence[Sample] = (),
) -> Callable[[Callable[..., Any]], Linear]:
    """Declare a linear primitive.

    `view`: its NumPy implementation returns a view of the first operand. `selecting`: elements that
    it leaves out have no cotangent (a function of the site says whether there are any). `filling`:
    elements of its result that come from no operand have no tangent. `mixing`: what meets may
    cancel, so absence ends here. `batch` is described in `_transforms/batching.py`.
    """

    def declare(compute: Callable[..., Any]) -> Linear:
        made = Linear(
            name or compute.__name__.strip("_"),
            compute,
            abstract=abstract,
            transpose=transpose,
            keeps=keeps,
            linear=operands,
            batch=batch,
            doc=compute.__doc__,
            samples=samples,
        )
        made.joint = joint
        made.is_view = view
        made.selecting = selecting
        made.filling = filling
        made.mixing = mixing
        return register(made)

    return declare


def other(
    *,
    abstract: AbstractRule,
    batch: BatchRule,
    vjp: Rule | None = None,
    jvp: Rule | None = None,
    keeps: tuple[int, ...] | None = None,
    n_outputs: int = 1,
    view: bool = False,
    selecting: bool = False,
    absence: str | None = None,
    name: str | None = None,
    samples: Sequence[Sample] = (),
) -> Callable[[Callable[..., Any]], Other]:
    """Declare a primitive with written-out rules (or none: then it is not differentiable).

    `selecting`: elements that it leaves out have no cotangent. `absence`: see `Other`.
    """

    def declare(compute: Callable[..., Any]) -> Other:
        made = Other(
            name or compute.__name__.strip("_"),
            compute,
            abstract=abstract,
            n_outputs=n_outputs,
            vjp=vjp,
            jvp=jvp,
            keeps=keeps,
            batch=batch,
            doc=compute.__doc__,
            samples=samples,
        )
        made.is_view = view
        made.selecting = selecting
        made.absence = absence
        return register(made)

    return declare
