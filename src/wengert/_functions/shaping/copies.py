"""`*_copy`: what a view shows, as a tensor with memory of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..._graph.value import Handle
from ..making.creation import clone
from ..out import takes_out
from . import shape, splitting, views


def _alias(input: Any) -> Any:
    return input


def _detached(input: Any) -> Any:
    return input.detach()


def _copying(function: Callable[..., Any], name: str) -> Any:
    """The function whose results are copies of those of `function`."""

    def copying(input: Any, *args: Any, **kwargs: Any) -> Any:
        found: Any = function(input, *args, **kwargs)
        return clone(found) if isinstance(found, Handle) else tuple(clone(part) for part in found)

    copying.__name__ = copying.__qualname__ = name
    copying.__doc__ = f"`{name.removesuffix('_copy')}` with memory of its own."
    return takes_out(copying)


alias_copy = _copying(_alias, "alias_copy")
as_strided_copy = _copying(views.as_strided, "as_strided_copy")
detach_copy = _copying(_detached, "detach_copy")
diagonal_copy = _copying(views.diagonal, "diagonal_copy")
expand_copy = _copying(shape.expand, "expand_copy")
narrow_copy = _copying(views.narrow, "narrow_copy")
permute_copy = _copying(shape.permute, "permute_copy")
select_copy = _copying(views.select, "select_copy")
slice_copy = _copying(views.slice_part, "slice_copy")
split_copy = _copying(splitting.split, "split_copy")
split_with_sizes_copy = _copying(splitting.split_with_sizes, "split_with_sizes_copy")
squeeze_copy = _copying(shape.squeeze, "squeeze_copy")
t_copy = _copying(shape.t, "t_copy")
transpose_copy = _copying(shape.transpose, "transpose_copy")
unbind_copy = _copying(splitting.unbind, "unbind_copy")
unfold_copy = _copying(views.unfold, "unfold_copy")
unsqueeze_copy = _copying(shape.unsqueeze, "unsqueeze_copy")
view_as_complex_copy = _copying(views.view_as_complex, "view_as_complex_copy")
view_as_real_copy = _copying(views.view_as_real, "view_as_real_copy")
view_copy = _copying(shape.view, "view_copy")

__all__ = [
    "alias_copy",
    "as_strided_copy",
    "detach_copy",
    "diagonal_copy",
    "expand_copy",
    "narrow_copy",
    "permute_copy",
    "select_copy",
    "slice_copy",
    "split_copy",
    "split_with_sizes_copy",
    "squeeze_copy",
    "t_copy",
    "transpose_copy",
    "unbind_copy",
    "unfold_copy",
    "unsqueeze_copy",
    "view_as_complex_copy",
    "view_as_real_copy",
    "view_copy",
]
