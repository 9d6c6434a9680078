"""NumPy's functions on tensors: `np.sin(t)` and `np.concatenate([t, t])` stay on the record.

Only functions that have a counterpart are taken; the others raise with the way out in the text.
Which function stands for which is in `numpy_functions`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache
from typing import Any

from .._base.kinds import is_array, is_generic
from .._functions.making.dtype_functions import result_type
from .._functions.making.filling import full
from .._graph.value import Handle
from .exchange_methods import package
from .numpy_functions import ADAPTED, LINES, as_tensor

_RENAMED = {
    "absolute": "abs", "arccos": "acos", "arccosh": "acosh", "arcsin": "asin", "arcsinh": "asinh",
    "arctan": "atan", "arctan2": "atan2", "arctanh": "atanh", "conjugate": "conj",
    "degrees": "rad2deg",
    "equal": "eq", "fabs": "abs", "greater": "gt", "greater_equal": "ge", "invert": "bitwise_not",
    "left_shift": "bitwise_left_shift", "less": "lt", "less_equal": "le", "not_equal": "ne",
    "power": "pow", "radians": "deg2rad", "right_shift": "bitwise_right_shift", "rint": "round",
    "vecdot": "linalg.vecdot",
}  # fmt: skip
"""Universal functions under another name; the others have the same name here."""

_MIRRORED = {
    "greater": "less", "greater_equal": "less_equal",
    "less": "greater", "less_equal": "greater_equal",
}  # fmt: skip
_COMPARISONS = {*_MIRRORED, "equal", "not_equal"}

_REDUCED = {
    "add": "sum",
    "logical_and": "all",
    "logical_or": "any",
    "maximum": "amax",
    "minimum": "amin",
    "multiply": "array_api.prod",
}
_ACCUMULATED = {"add": "cumsum", "multiply": "cumprod"}


def apply_ufunc(ufunc: Any, method: str, inputs: Any, kwargs: dict[str, Any]) -> Any:
    """What NumPy calls for `np.sin(tensor)`, `np.add.reduce(tensor)` and their like."""
    name = ufunc.__name__
    if method == "__call__":
        return _called(name, inputs, kwargs)
    if method == "reduce" and name in _REDUCED:
        return _reduced(name, *inputs, **kwargs)
    if method == "accumulate" and name in _ACCUMULATED:
        return _public(_ACCUMULATED[name])(inputs[0], *(inputs[1:] or (kwargs.pop("axis", 0),)))
    raise _no_counterpart(f"{name}.{method}")


def _called(name: str, inputs: Any, kwargs: dict[str, Any]) -> Any:
    function = _public(_RENAMED.get(name, name))
    asked = dict(kwargs)
    (out,) = asked.pop("out", (None,))
    dtype = asked.pop("dtype", None)
    if function is None or asked or not (out is None or isinstance(out, Handle)):
        raise _no_counterpart(name, asked or ("out",) if function is not None else ())
    if name in _COMPARISONS:
        # NumPy hands on its scalars as arrays without axes.
        plain = [is_generic(x) or (is_array(x) and not x.ndim) for x in inputs]
        inputs = [x.item() if p else x for x, p in zip(inputs, plain, strict=True)]
    operands: list[Any] = [as_tensor(x) for x in inputs]
    if dtype is not None:
        operands = [x.to(dtype) if hasattr(x, "to") else x for x in operands]
    if name in _COMPARISONS:
        return _compared(name, operands[0], operands[1], out)
    if len(operands) == 2 and name != "power":
        operands = _tensors(*operands)
    return function(*operands) if out is None else function(*operands, out=out)


def _compared(name: str, first: Any, second: Any, out: Any) -> Any:
    """With a number on either side as it is, which may lie beyond the dtype of the tensor."""
    for operand in (first, second):
        if not isinstance(operand, Handle | bool | int | float | complex):
            raise TypeError(
                f"{name}: expected tensors, arrays or numbers, not {type(operand).__name__}. "
                "Use wengert.tensor(...)."
            )
    if not isinstance(first, Handle):
        name, first, second = _MIRRORED.get(name, name), second, first
    return _public(_RENAMED[name])(first, second, out=out)


def _tensors(first: Any, second: Any) -> list[Any]:
    """NumPy takes a number everywhere; the functions here take some only as 0-d tensors."""
    dtype = result_type(first, second)
    return [x if isinstance(x, Handle) else full((), x, dtype=dtype) for x in (first, second)]


def _reduced(name: str, x: Any, axis: Any = 0, **asked: Any) -> Any:
    keepdims = asked.pop("keepdims", False)
    if any(value is not None for value in asked.values()):
        raise _no_counterpart(f"{name}.reduce", asked)
    axes = tuple(range(x.ndim)) if axis is None else axis
    return _public(_REDUCED[name])(x, **_over(_REDUCED[name], axes, keepdims))


def _over(name: str, axes: Any, keepdims: bool) -> dict[str, Any]:
    if name.startswith("array_api"):
        return {"axis": axes, "keepdims": keepdims}
    return {"dim": axes, "keepdim": keepdims}


def apply_function(func: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    """What NumPy calls for `np.concatenate([tensor])`."""
    name = f"{func.__module__}.{func.__name__}".removeprefix("numpy.")
    if name in ADAPTED:
        return ADAPTED[name](*args, **kwargs)
    if name not in LINES:
        raise _no_counterpart(name)
    positional, named = _passed(func, name, args, kwargs)
    function = _public(LINES[name].split()[0])
    if function is None:
        raise _no_counterpart(name)
    return function(*positional, **named)


def _passed(
    func: Any, name: str, args: Any, kwargs: dict[str, Any]
) -> tuple[list[Any], dict[str, Any]]:
    """The arguments of the function here that stand for those of NumPy's."""
    given = dict(_signature(func).bind(*args, **kwargs).arguments)
    positional: list[Any] = []
    named: dict[str, Any] = {}
    for word in LINES[name].split()[1:]:
        ours, _, theirs = word.partition(":")
        if ours.startswith("*"):
            positional += map(as_tensor, given.pop(ours[1:], ()))
        elif ours in given:
            value = as_tensor(given.pop(ours))
            if not theirs:
                positional.append(value)
            elif value is not None:
                named[theirs] = value
    left = {key: value for key, value in given.items() if value is not None}
    if left:
        raise _no_counterpart(name, left)
    return positional, named


@cache
def _signature(func: Callable[..., Any]) -> inspect.Signature:
    return inspect.signature(func)


def _public(dotted: str) -> Any:
    """A public function by its name, or None."""
    found: Any = package[0]
    for part in dotted.split("."):
        found = getattr(found, part, None)
    return found


def _no_counterpart(name: str, arguments: Any = ()) -> TypeError:
    which = f" with {', '.join(arguments)}" if arguments else ""
    return TypeError(
        f"numpy.{name}{which} has no counterpart that could be recorded. Use a wengert function, "
        "or write x.detach().numpy() to leave the record."
    )


__all__ = ["apply_function", "apply_ufunc"]
