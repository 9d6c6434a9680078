"""Node: the record of one operation; the tape, the graph and the program are made of it.

A node refers to other nodes and to arrays, never to a handle. Eager nodes keep only the arrays
that a derivative rule names; traced nodes keep every operand. Nodes carry no behaviour: transforms
walk over them.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from types import CodeType
from typing import Any, TypeAlias

from .._base.dtypes import Dtype
from .._base.shapes import Shape

Edge: TypeAlias = "tuple[Node, int]"
"""Output `index` of `node`."""

Input: TypeAlias = "Edge | complex | None"
"""An operand as a node remembers it: an edge, a Python number, or None for an eager constant."""

next_seq = itertools.count(1).__next__
"""Every node takes its number here; a larger number is recorded later, in every thread."""

NO_PARAMS: dict[str, Any] = {}
AFTER = -1
"""The place of a hook that is called when a leaf has its gradient."""


class Primitive:
    """What is declared about one operation. Data only: transforms interpret it.

    `compute` works on NumPy arrays and Python numbers. `abstract` gives the shape and dtype of each
    output. `family` is "elementwise", "linear" or "other" and says which rules are present.
    """

    family = "other"
    is_view = False
    selecting: Any = False
    filling = False
    factors: tuple[Any, ...] | None = None
    samples: Sequence[Any] = ()
    """Where the generated tests call it (`_declare/samples.py`)."""

    def __init__(
        self,
        name: str,
        compute: Callable[..., Any],
        *,
        abstract: Callable[[Any, Any, Any], Any],
        n_outputs: int = 1,
        differentiable: bool = True,
        doc: str | None = None,
    ) -> None:
        self.name = name
        self.compute = compute
        self.abstract = abstract
        self.n_outputs = n_outputs
        self.differentiable = differentiable
        self.__doc__ = doc

    def kept(self, wanted: int, arity: int) -> tuple[int, ...]:
        """Positions whose values the rules need: operands count from 0, outputs from `arity`.

        Bit i of `wanted` says that operand i is to be differentiated.
        """
        return tuple(range(arity + self.n_outputs))

    @property
    def backward_name(self) -> str:
        """The name under which PyTorch users know the node: `MulBackward0`."""
        words = self.name.split("_")
        return "".join(word[:1].upper() + word[1:] for word in words) + "Backward0"

    def __repr__(self) -> str:
        return f"<primitive {self.name}>"


class Abstract:
    """A value that exists only as a symbol: its shape, its dtype and the trace that made it."""

    __slots__ = ("dtype", "hint", "shape", "trace", "weak")

    def __init__(
        self, shape: Shape, dtype: Dtype, trace: Any = None, weak: bool = False, hint: Any = None
    ) -> None:
        self.shape = shape
        self.dtype = dtype
        self.trace = trace
        self.weak = weak
        """True for a lifted Python number: it takes part in promotion as a number does."""
        self.hint = hint
        """What a lifted Python number is worth in this trace; reading it adds a guard."""

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        size = 1
        for extent in self.shape:
            size *= extent
        return size

    def __repr__(self) -> str:
        return f"{self.dtype.name}{list(self.shape)}"


Origin: TypeAlias = "tuple[CodeType, int] | None"
"""The user's code object and the offset of the instruction that made a node."""


Saved: TypeAlias = "tuple[Any, Any, int]"
"""An array that a rule will need, its storage, and the version which that had when it was kept."""


class Node:
    """The record of one operation."""

    __slots__ = (
        "__weakref__",
        "argument",
        "closed",
        "consumed",
        "differentiable",
        "hooks",
        "in_shapes",
        "inputs",
        "label",
        "leaf",
        "origin",
        "outputs",
        "params",
        "primitive",
        "saved",
        "scoped",
        "seq",
        "shown",
        "stopped",
    )

    def __init__(
        self,
        primitive: Primitive,
        params: dict[str, Any],
        inputs: tuple[Input, ...],
        in_shapes: tuple[Shape, ...],
        saved: dict[int, Saved],
        origin: Origin,
    ) -> None:
        self.primitive = primitive
        self.params = params
        self.inputs = inputs
        self.in_shapes = in_shapes
        self.saved = saved
        self.origin = origin
        self.seq = next_seq()
        self.leaf: Callable[[], Any] | None = None
        """For a leaf: the weak reference to its handle."""
        self.outputs: tuple[Abstract, ...] = ()
        """Shapes and dtypes of the outputs: always when traced, eagerly where there are several."""
        self.hooks: list[tuple[int, Callable[[Any], Any]]] | None = None
        """(output index, function) pairs, called with the cotangent of that output; of a leaf also
        (AFTER, function), called with the leaf when its gradient is there.
        """
        self.consumed = False
        """An earlier backward freed what this node kept."""
        self.differentiable = True
        """False for a node that derives from no leaf, or was stopped: derivative walks skip it."""
        self.stopped = False
        """Recorded under no_grad: a constant for every derivative walk, whatever it comes from."""
        self.closed = False
        """A leaf of a func transform whose function has returned: nobody outside can name it."""
        self.argument = False
        """A leaf of a func transform, whose function may not write to it."""
        self.label: str | None = None
        """A name to show to people."""
        self.scoped = False
        """It derives from leaves of scopes alone."""
        self.shown: dict[int, Saved] | None = None
        """Under `keep_values`: every operand and output, by position as in `saved`."""

    def name(self) -> str:
        """PyTorch's name for the node, for example `MulBackward0`."""
        return "AccumulateGrad" if self.leaf is not None else self.primitive.backward_name

    @property
    def next_functions(self) -> tuple[tuple[Node | None, int], ...]:
        """The nodes that backward visits next, as PyTorch lists them."""
        return tuple(
            edge if isinstance(edge, tuple) and edge[0].differentiable else (None, 0)
            for edge in self.inputs
        )

    def __repr__(self) -> str:
        return f"<{self.name()} object at {id(self):#x}>"


def _identity(x: Any) -> Any:
    return x


def _same(shapes: Any, dtypes: Any, params: Any) -> Any:
    return [(shapes[0], dtypes[0])]


class _Leaf(Primitive):
    family = "linear"

    def kept(self, wanted: int, arity: int) -> tuple[int, ...]:
        return ()


LEAF = _Leaf("leaf", _identity, abstract=_same, doc="The start of a derivative: the identity.")
INPUT = Primitive(
    "input", _identity, abstract=_same, differentiable=False, doc="A value given from outside."
)
