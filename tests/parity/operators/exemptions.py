"""What is not held to account, each with its reason: at most fifteen lines.

A line lets pass no more than its rule below names, sample by sample.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from .convert import Call, leaves

_PYTHON = "the result is a Python value, which a traced tensor has not yet"
_SHAPE = "numbers of a tensor decide the shape of the result"

# operators, modes, what is let pass, reason
EXEMPTIONS: tuple[tuple[tuple[str, ...], tuple[str, ...], str, str], ...] = (
    (
        ("linalg.norm/subgradients_at_zero",),
        ("second",),
        "0 where PyTorch has NaN",
        "at the kink every direction is alike, as docs/kinks.md says",
    ),
    (
        (
            "masked.log_softmax",
            "masked.logaddexp",
            "masked.logsumexp",
            "masked.mean",
            "masked.softmax",
            "masked.softmin",
        ),
        ("second", "jvp"),
        "0 where PyTorch has NaN",
        "what a mask empties has no derivative, as docs/differences.md says",
    ),
    (("allclose", "equal", "item"), ("jit",), "`TracedValueError`", _PYTHON),
    (
        ("argwhere", "bincount", "masked_select", "nonzero", "unique", "unique_consecutive"),
        ("jit", "vmap"),
        "`TracedValueError`",
        _SHAPE,
    ),
    (
        ("__getitem__", "index_put"),
        ("jit", "vmap"),
        "`TracedValueError` for a mask as index",
        _SHAPE,
    ),
    (
        ("nn.functional.one_hot",),
        ("jit", "vmap"),
        "`TracedValueError` without `num_classes`",
        _SHAPE,
    ),
    (
        ("tensor_split",),
        ("jit", "vmap"),
        "`TracedValueError` for a tensor of sections",
        _SHAPE,
    ),
)


_MODES = {"second": "second", "tangent": "jvp"}


def zero_for_nan(name: str, what: str) -> bool:
    """Whether a derivative may be 0 where PyTorch has NaN; `what` begins with its kind."""
    mode = _MODES.get(what.split()[0])
    return any(name in names and mode in modes for names, modes, _, _ in EXEMPTIONS[:2])


def _has_mask(call: Call) -> bool:
    masks = (torch.bool, torch.uint8)
    return any(
        isinstance(leaf, torch.Tensor) and leaf.dtype in masks for leaf in leaves(call.args[1])
    )


_SAMPLES: dict[str, Callable[[Call], bool]] = {
    "__getitem__": _has_mask,
    "index_put": _has_mask,
    "nn.functional.one_hot": lambda call: _given(call, 1, "num_classes", -1) == -1,
    "tensor_split": lambda call: isinstance(call.args[1], torch.Tensor),
}


def _given(call: Call, place: int, name: str, default: Any) -> Any:
    return call.args[place] if len(call.args) > place else call.kwargs.get(name, default)


def may_refuse_traced(name: str, mode: str, call: Call) -> bool:
    """Whether a call may raise `TracedValueError` in a mode."""
    for names, modes, _, _ in EXEMPTIONS[2:]:
        if name.split("/")[0] in names and mode in modes:
            return _SAMPLES.get(name, lambda call: True)(call)
    return False
