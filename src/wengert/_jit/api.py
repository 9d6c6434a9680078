"""jit: a function becomes a compiled program for each signature it is called with.

A call finds its program by the kind of its arguments and by the state the function reads; checks
that nothing guarded has changed; runs the program on arrays; and carries out the effects (new
gradients, changed containers) that the trace recorded.
"""

from __future__ import annotations

import functools
import sys
import time
import types
import weakref
from collections.abc import Callable
from typing import Any

from .._base import pytree
from .._base.dtypes import get_default_dtype
from .._base.errors import TracingError
from .._base.kinds import is_array
from .._graph.graph import Graph
from .._graph.value import Batched, Handle
from .._record import modes as _modes
from .capture import Captured, LiftMore, capture, tracing
from .check import run_checked
from .fast import MISS
from .lifting import State, roots_of
from .program import compile_graph
from .report import Report
from .run import CompiledProgram, make_executor
from .signature import describe, kind_of

_MOST_TRACES = 64


class JitFunction:
    """What `jit` returns: call it as the function it was made from.

    `graph`, `loops` and `llvm` show the stages of the latest program; `report()` counts them.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        *,
        backend: str = "native",
        check: bool = False,
        cache: bool = True,
    ) -> None:
        functools.update_wrapper(self, function)
        self.__wrapped_program__ = True
        self._function = function
        self._name = getattr(function, "__name__", type(function).__name__)
        self._backend = backend
        self._check = check
        self._cache = cache
        self._entries: dict[Any, _Entry] = {}
        self._instance: Callable[[], Any] | None = None
        self._bound: dict[int, tuple[Any, JitFunction]] = {}
        self._latest: CompiledProgram | None = None
        self._fast: Callable[[tuple[Any, ...]], Any] | None = None
        self._report = Report(self._name)

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        """A method: every instance has programs of its own."""
        if instance is None:
            return self
        key = id(instance)
        found = self._bound.get(key)
        if found is None:
            bound = JitFunction(
                self._function, backend=self._backend, check=self._check, cache=self._cache
            )
            # The instance is held weakly: its programs must not keep it alive.
            bound._instance = weakref.ref(instance, lambda _: self._bound.pop(key, None))
            found = self._bound[key] = (bound._instance, bound)
        return found[1]

    def __reduce__(self) -> Any:
        """A copy has the function (and a copy of its instance), and no programs yet."""
        name: str = getattr(self._function, "__qualname__", "")
        found: Any = sys.modules.get(getattr(self._function, "__module__", ""))
        for part in name.split("."):
            found = getattr(found, part, None)
        if found is self:
            return name
        if self._instance is not None:
            return getattr, (self._instance(), self._name)
        options = {"backend": self._backend, "check": self._check, "cache": self._cache}
        return functools.partial(JitFunction, **options), (self._function,)

    def target(self) -> Callable[..., Any]:
        """The function to trace, bound to its instance where it is a method."""
        if self._instance is None:
            return self._function
        return types.MethodType(self._function, self._instance())

    def parts(self) -> list[Any]:
        """What its programs depend on: the function, and the instance of a method."""
        return [self._function] if self._instance is None else [self._function, self._instance()]

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the program for these arguments, after making it if there is none."""
        if self._fast is not None and not kwargs:
            result = self._fast(args)
            if result is not MISS:
                return result
        return self._general(args, kwargs)

    def _general(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        modes = _modes.current()
        leaves, structure = pytree.flatten((args, kwargs))
        if modes.trace or modes.levels or modes.scope or _symbolic(leaves):
            # Inside another trace, vmap or a tape the operations are recorded there.
            return self.target()(*args, **kwargs)
        key = (
            structure,
            modes.grad,
            modes.inference,
            get_default_dtype(),
            tuple([describe(leaf) for leaf in leaves]),
        )
        with tracing:
            entry = self._entries.get(key)
            if entry is None:
                entry = self._entries[key] = _Entry(self, leaves)
            program = entry.program_for(leaves, structure)
            again = program is self._latest
            self._latest = program
        if self._check:
            return run_checked(program, entry.state, self.target(), args, kwargs, leaves)
        result = program.run(entry.state, leaves)
        # Binding the short way takes time, which a program that is called once cannot win back.
        flat = again and not kwargs and len(leaves) == len(args)
        with tracing:
            self._fast = program.fast(entry.state, leaves) if flat else None
        return result

    @property
    def graph(self) -> Graph:
        """The graph of the latest program."""
        return self._program().captured.graph

    @property
    def loops(self) -> str:
        """The loop IR of the latest program."""
        return self._program().compiled.loops

    @property
    def llvm(self) -> str:
        """The LLVM text of the latest program."""
        return self._program().compiled.llvm

    def report(self) -> Report:
        """Traces and their reasons, kernels, NumPy callbacks, native functions, compile time.

        >>> import wengert
        >>> f = wengert.jit(lambda x: wengert.sin(x) * 2)
        >>> _ = f(wengert.ones(3))
        >>> f.report().traces, f.report().callbacks
        (1, [])
        """
        if self._latest is not None:
            self._report.describe(self._latest.compiled)
        return self._report

    def _program(self) -> CompiledProgram:
        if self._latest is None:
            raise TracingError(f"{self._name}: call the jitted function once; then it has a graph.")
        return self._latest

    def build(
        self, leaves: list[Any], structure: Any, state: State, lifted: frozenset[Any], reason: str
    ) -> tuple[CompiledProgram, frozenset[Any]]:
        """Trace and compile; tracing is repeated while it finds numbers that change."""
        start = time.perf_counter()
        while True:
            try:
                captured: Captured = capture(
                    self.target(), self._name, leaves, structure, state, lifted
                )
                break
            except LiftMore as more:
                lifted = lifted | more.places
        self._report.traced(reason, time.perf_counter() - start)
        executor = make_executor(self._backend, self._cache, compile_graph)
        program = CompiledProgram(self._name, captured, executor, state, leaves, self._report)
        return program, lifted


class _Entry:
    """The programs for one kind of arguments."""

    def __init__(self, owner: JitFunction, leaves: list[Any]) -> None:
        self._owner = owner
        constants = [leaf for leaf in leaves if kind_of(leaf) == "constant"]
        self.state = State(lambda: roots_of(owner.target(), constants))
        self._programs: dict[Any, list[CompiledProgram]] = {}
        self._current: CompiledProgram | None = None
        self._lifted: frozenset[Any] = frozenset()
        self._signature: Any = None

    def program_for(self, leaves: list[Any], structure: Any) -> CompiledProgram:
        """A program whose guards hold for this call."""
        state = self.state
        current = self._current
        if (current is not None and state.unchanged()) or (
            current is not None and state.only_numbers_changed(self._lifted)
        ):
            if current.holds(state, leaves):
                return current
        else:
            before = state.numbers()
            state.look()
            self._signature = None
            # A number that has changed once is expected to change again: it becomes an input.
            self._lifted |= {
                place
                for place, value in state.numbers().items()
                if before.get(place, value) != value
            }
        if self._signature is None:
            self._signature = state.signature(self._lifted)
        signature = self._signature
        for program in self._programs.get(signature, ()):
            if program.holds(state, leaves):
                self._current = program
                return program
        count = sum(map(len, self._programs.values()))
        if count >= _MOST_TRACES:
            raise TracingError(
                f"{self._owner._name}: traced {count} times for the same kind of arguments; the "
                f"last reason was: {self._reason(signature)}. Pass what changes as a tensor, or a "
                "float, instead of reading it as a Python constant."
            )
        program, lifted = self._owner.build(
            leaves, structure, state, self._lifted, self._reason(signature)
        )
        narrowed = state.narrow(program.captured.names)
        if narrowed:
            # Programs found so far are known by more than what matters.
            self._programs.clear()
            if not all(map(state.guards, program.captured.slots())):
                # An input was found at a place that no longer counts; it stands at another as well.
                program, lifted = self._owner.build(
                    leaves, structure, state, lifted, "the places that are read are known now"
                )
        if lifted != self._lifted or narrowed:
            self._lifted = lifted
            signature = self._signature = state.signature(lifted)
        self._programs.setdefault(signature, []).append(program)
        self._current = program
        return program

    def _reason(self, signature: Any) -> str:
        if not self._programs:
            return "first call with arguments of this kind"
        if signature in self._programs:
            return "a guarded number or the presence of a gradient changed"
        last = next(reversed(self._programs))
        for now, before in zip(signature, last, strict=False):
            if now != before:
                return f"the state at {now[1]} changed"
        return "the containers that the function reads changed"


def _symbolic(leaves: list[Any]) -> bool:
    return any(
        isinstance(leaf, Handle) and (leaf._data.__class__ is Batched or not is_array(leaf._data))
        for leaf in leaves
    )


def jit(
    function: Callable[..., Any] | None = None,
    *,
    backend: str = "native",
    check: bool = False,
    cache: bool = True,
) -> Any:
    """Compile a function, a method, or a whole training step, at its first call.

    The function is traced once for every signature: shapes, dtypes and layouts of tensors, the
    values of bools, strings and other constants, and the state it reads. Tensors and floats are
    inputs. In-place writes, `.grad`, optimiser state, random draws and changed containers take
    effect after each call, all or nothing. The result is differentiable from outside.

    `backend` is "native" or "numpy" (the graph run by NumPy). With `check=True` every call also
    runs the function eagerly and raises if the results differ. `cache` keeps machine code on disk.

    >>> import wengert
    >>> f = wengert.jit(lambda x: (x * x).sum())
    >>> f(wengert.tensor([1.0, 2.0]))
    tensor(5.)
    """
    if backend not in ("native", "numpy"):
        raise ValueError(f"jit: backend {backend!r}; use 'native' or 'numpy'.")
    if function is None:
        return functools.partial(jit, backend=backend, check=check, cache=cache)
    if not callable(function):
        raise TypeError(f"jit: expected a function, not {type(function).__name__}.")
    return JitFunction(function, backend=backend, check=check, cache=cache)
