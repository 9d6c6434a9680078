"""What is not held to account, each with its reason: at most fifteen lines."""

from __future__ import annotations

import fnmatch

# operators (a pattern), modes, reason
EXEMPTIONS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    (
        "__r*__",
        ("errors",),
        "an unbound reflected method called with a number as its tensor",
    ),
    (
        "linalg.norm/subgradients_at_zero",
        ("second",),
        "at the kink PyTorch has NaN, Wengert 0 as docs/kinks.md says",
    ),
    (
        "svd_lowrank, with M",
        ("all",),
        "samples of rank 3 at q=2: PyTorch's own results differ from seed to seed",
    ),
)

VALUE_DEPENDENT = frozenset(
    {
        "__getitem__",
        "allclose",
        "argwhere",
        "bincount",
        "equal",
        "histogramdd",
        "index_put",
        "item",
        "masked_select",
        "narrow",
        "nn.functional.one_hot",
        "nonzero",
        "repeat_interleave",
        "tensor_split",
        "unique",
        "unique_consecutive",
    }
)
"""Under `jit` and `vmap` these may raise `TracedValueError`: the numbers of tensors decide shapes,
or become Python numbers. Counts as one exemption."""


def exempted(name: str, mode: str) -> bool:
    """Whether an operator is exempted in a mode."""
    return any(fnmatch.fnmatchcase(name, line[0]) and mode in line[1] for line in EXEMPTIONS)
