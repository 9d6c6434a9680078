"""The modes that decide what recording does: grad mode, the open trace, the depth of nesting.

They live in one ContextVar holding an immutable value, so that threads and asynchronous tasks
never see one another's. Nothing else in Wengert is a global switch, the default dtype aside.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from contextvars import ContextVar, Token
from types import TracebackType
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


class Modes:
    """An immutable set of modes."""

    __slots__ = (
        "depth",
        "grad",
        "inference",
        "keep_values",
        "levels",
        "scope",
        "trace",
        "transform",
    )

    def __init__(
        self,
        grad: bool = True,
        trace: Any = None,
        depth: int = 0,
        inference: bool = False,
        levels: tuple[Any, ...] = (),
        keep_values: bool = False,
        transform: bool = False,
        scope: Any = None,
    ) -> None:
        self.grad = grad
        self.trace = trace
        self.depth = depth
        """How many traces and vmap levels are open."""
        self.inference = inference
        self.levels = levels
        """The open vmap levels, outermost first."""
        self.keep_values = keep_values
        """Whether eager nodes also keep every operand and result, to be shown."""
        self.scope = scope
        """The open `_transforms.scope.Scope`, which gives operands from outside a leaf."""
        self.transform = transform
        """Whether the function given to grad, vjp, jvp ... is running."""

    def replace(self, **changes: Any) -> Modes:
        """The same modes with some changed."""
        fields = {name: getattr(self, name) for name in self.__slots__}
        return Modes(**{**fields, **changes})


modes_var: ContextVar[Modes] = ContextVar("wengert_modes", default=Modes())  # noqa: B039
current = modes_var.get


class _GradMode:
    """Context manager and decorator that sets grad mode inside; re-entrant."""

    _enabled = True
    _inference = False

    def __init__(self) -> None:
        self._tokens: list[Token[Modes]] = []

    def __enter__(self) -> None:
        self._tokens.append(self._set())

    def _set(self) -> Token[Modes]:
        return modes_var.set(current().replace(grad=self._enabled, inference=self._inference))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        modes_var.reset(self._tokens.pop())

    def __call__(self, function: F) -> F:
        enabled, inference = self._enabled, self._inference

        def set_mode() -> Token[Modes]:
            return modes_var.set(current().replace(grad=enabled, inference=inference))

        if inspect.isgeneratorfunction(function):
            # Each step has the mode; between steps the caller's own holds.
            @functools.wraps(function)
            def steps(*args: Any, **kwargs: Any) -> Any:
                generator = function(*args, **kwargs)
                resume: Callable[[], Any] = functools.partial(next, generator)
                while True:
                    token = set_mode()
                    try:
                        value = resume()
                    except StopIteration as stop:
                        return stop.value
                    finally:
                        modes_var.reset(token)
                    try:
                        resume = functools.partial(generator.send, (yield value))
                    except GeneratorExit:
                        token = set_mode()
                        try:
                            generator.close()
                        finally:
                            modes_var.reset(token)
                        raise
                    except BaseException as error:  # noqa: BLE001
                        resume = functools.partial(generator.throw, error)

            return steps  # type: ignore[return-value]

        @functools.wraps(function)
        def inside(*args: Any, **kwargs: Any) -> Any:
            token = set_mode()
            try:
                return function(*args, **kwargs)
            finally:
                modes_var.reset(token)

        return inside  # type: ignore[return-value]


class _PlainGradMode(_GradMode):
    """A grad mode without arguments, so that `@no_grad` works as `@no_grad()` does."""

    def __new__(cls, function: Any = None) -> Any:
        made = super().__new__(cls)
        if function is None:
            return made
        made.__init__()
        return made(function)

    def __init__(self, function: Any = None) -> None:
        super().__init__()


class no_grad(_PlainGradMode):
    """Record nothing that could be differentiated; a context manager or a decorator.

    >>> import wengert
    >>> x = wengert.tensor(3.0, requires_grad=True)
    >>> with wengert.no_grad():
    ...     y = x * 2
    >>> y.requires_grad
    False
    """

    _enabled = False


class enable_grad(_PlainGradMode):
    """Record again inside a `no_grad` block; a context manager or a decorator.

    >>> import wengert
    >>> x = wengert.tensor(3.0, requires_grad=True)
    >>> with wengert.no_grad(), wengert.enable_grad():
    ...     y = x * 2
    >>> y.requires_grad
    True
    """


class inference_mode(_GradMode):
    """`no_grad` whose results may not enter a recorded computation later.

    >>> import wengert
    >>> with wengert.inference_mode():
    ...     y = wengert.ones(2) * 2
    >>> y.is_inference()
    True
    """

    def __init__(self, mode: bool = True) -> None:
        super().__init__()
        self._enabled = not mode
        self._inference = mode


class set_grad_enabled(_GradMode):
    """Set grad mode to `mode`: at once when called, and until the end of a `with` block.

    >>> import wengert
    >>> with wengert.set_grad_enabled(False):
    ...     wengert.is_grad_enabled()
    False
    """

    def __init__(self, mode: bool) -> None:
        super().__init__()
        self._enabled = bool(mode)
        self._before: Token[Modes] | None = self._set()

    def __enter__(self) -> None:
        if self._before is not None:
            self._tokens.append(self._before)
            self._before = None
        else:
            self._tokens.append(self._set())

    def __call__(self, function: F) -> F:
        if self._before is not None:
            modes_var.reset(self._before)
            self._before = None
        return super().__call__(function)


def is_grad_enabled() -> bool:
    """Whether operations are being recorded for differentiation.

    >>> import wengert
    >>> wengert.is_grad_enabled()
    True
    """
    return current().grad


def is_inference_mode_enabled() -> bool:
    """Whether `inference_mode` is on.

    >>> import wengert
    >>> wengert.is_inference_mode_enabled()
    False
    """
    return current().inference


class override:
    """Set any mode for a block: `with override(grad=True): ...` (internal use)."""

    __slots__ = ("_changes", "_token")

    def __init__(self, **changes: Any) -> None:
        self._changes = changes
        self._token: Token[Modes] | None = None

    def __enter__(self) -> Modes:
        modes = current().replace(**self._changes)
        self._token = modes_var.set(modes)
        return modes

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._token is not None
        modes_var.reset(self._token)
