"""How a tensor prints: as PyTorch's tensors do.

Floats show four decimals (or none at all if they are whole, or exponents if their range is wide);
big tensors show their edges.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from .._base.dtypes import complex_of, get_default_dtype
from .._base.kinds import is_array
from .._graph.value import Batched
from .._record import modes as _modes


class _Options(NamedTuple):
    precision: int = 4
    threshold: float = 1000
    edgeitems: int = 3
    linewidth: int = 80
    sci_mode: bool | None = None


_PROFILES = {
    "default": _Options(),
    "short": _Options(precision=2, edgeitems=2),
    "full": _Options(threshold=math.inf),
}
_options = [_Options()]


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """How tensors print, from now on: digits after the point, the number of elements above which
    only `edgeitems` at both ends are shown, the length of lines, exponents (None: where they help).

    A profile ("default", "short", "full") sets them all, and the others change it. What is None
    stays, except `sci_mode`.

    >>> import wengert
    >>> wengert.set_printoptions(precision=2)
    >>> wengert.tensor([1.2345])
    tensor([1.23])
    >>> wengert.set_printoptions(profile="default")
    """
    if profile is not None and profile not in _PROFILES:
        raise ValueError(f"set_printoptions: profile {profile!r}; use one of {[*_PROFILES]}.")
    given = {
        "precision": precision,
        "threshold": threshold,
        "edgeitems": edgeitems,
        "linewidth": linewidth,
    }
    chosen = {name: value for name, value in given.items() if value is not None}
    for name, value in chosen.items():
        if not value >= 0:
            raise ValueError(f"set_printoptions: {name}={value} must not be negative.")
    start = _options[0] if profile is None else _PROFILES[profile]
    _options[0] = start._replace(**chosen, sci_mode=sci_mode)


def _float_format(values: np.ndarray[Any, Any]) -> Callable[[Any], str]:
    finite = np.abs(values[np.isfinite(values) & (values != 0)].astype(np.float64))
    whole = bool(np.all(finite == np.ceil(finite))) if finite.size else True
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    options = _options[0]
    scientific = bool(finite.size) and (high / low > 1000.0 or high > 1e8)
    if not whole:
        scientific = scientific or low < 1e-4
    if options.sci_mode is not None:
        scientific = bool(finite.size) and options.sci_mode

    def show(value: Any) -> str:
        number = float(value)
        if math.isnan(number) or math.isinf(number):
            return f"{number}"
        if scientific:
            return f"{number:.{options.precision}e}"
        return f"{number:.0f}." if whole else f"{number:.{options.precision}f}"

    return show


def _formatter(values: np.ndarray[Any, Any]) -> Callable[[Any], str]:
    kind = values.dtype.kind
    if kind == "c":
        real, imag = _float_format(values.real), _float_format(np.abs(values.imag))
        return lambda v: f"{real(v.real)}{'-' if v.imag < 0 else '+'}{imag(abs(v.imag))}j"
    if kind == "f" or values.dtype.name == "bfloat16":
        return _float_format(values)
    return lambda v: str(v)


def _summary(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Only the elements that will be shown, to decide on the format."""
    edge = _options[0].edgeitems
    for axis, extent in enumerate(values.shape):
        if extent > 2 * edge:
            keep = [*range(edge), *range(extent - edge, extent)]
            values = np.take(values, keep, axis)
    return values


def _body(values: np.ndarray[Any, Any], indent: int, summarise: bool, cell: Any, width: int) -> str:
    if values.ndim == 0:
        return cell(values[()])
    edge = _options[0].edgeitems
    if values.ndim == 1:
        room = max(1, (_options[0].linewidth - indent) // (width + 2))
        if summarise and values.size > 2 * edge:
            cells = [cell(v) for v in values[:edge]] + [" ..."]
            cells += [cell(v) for v in values[len(values) - edge :]]
        else:
            cells = [cell(v) for v in values]
        lines = [", ".join(cells[k : k + room]) for k in range(0, len(cells), room)]
        return "[" + (",\n" + " " * (indent + 1)).join(lines) + "]"
    if summarise and values.shape[0] > 2 * edge:
        rows = [_body(v, indent + 1, summarise, cell, width) for v in values[:edge]] + ["..."]
        rows += [_body(v, indent + 1, summarise, cell, width) for v in values[len(values) - edge :]]
    else:
        rows = [_body(v, indent + 1, summarise, cell, width) for v in values]
    gap = "," + "\n" * (values.ndim - 1) + " " * (indent + 1)
    return "[" + gap.join(rows) + "]"


def array_text(values: np.ndarray[Any, Any], indent: int) -> str:
    """The elements in brackets, aligned."""
    summarise = values.size > _options[0].threshold
    shown = _summary(values) if summarise else values
    if values.size == 0:
        return "[]"
    if shown.size == 0:
        return "[...]"
    one = _formatter(shown)
    counted = shown.ravel()
    if counted.dtype.kind in "fc":
        # PyTorch leaves zeros and the infinite out when it measures how wide an element is.
        counted = counted[np.isfinite(counted) & (counted != 0)]
    width = max((len(one(v)) for v in counted), default=1)

    def cell(value: Any) -> str:
        return one(value).rjust(width)

    return _body(values, indent, summarise, cell, width)


def tensor_text(x: Any) -> str:
    """`tensor([1., 2.], requires_grad=True)`, and its relatives for symbols."""
    data = x._data
    name = "Parameter containing:\n" if getattr(x, "_is_parameter", False) else ""
    if isinstance(data, Batched):
        return f"{name}tensor(batched, shape={data.shape}, dtype={data.dtype.name})"
    if not is_array(data) or _modes.current().trace is not None:
        return f"{name}tensor(traced, shape={tuple(data.shape)}, dtype={data.dtype.name})"
    parts = [array_text(np.asarray(data), len("tensor("))]
    default = get_default_dtype()
    usual = (default, complex_of(default), np.dtype("int64"), np.dtype("bool"))
    if parts[0] == "[...]" or (data.size == 0 and data.ndim != 1):
        parts.append(f"size={tuple(data.shape)}")
    if data.dtype not in usual or (data.size == 0 and data.dtype != default):
        parts.append(f"dtype=wengert.{data.dtype.name}")
    if x.grad_fn is not None:
        parts.append(f"grad_fn=<{x.grad_fn.name()}>")
    elif x.requires_grad:
        parts.append("requires_grad=True")
    return f"{name}tensor({', '.join(parts)})"
