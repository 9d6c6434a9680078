"""Random operators: compared by what their numbers are distributed like.

Both libraries draw until there are `DRAWN` numbers; the largest distance between the two empirical
distribution functions must stay below Smirnov's critical value for one false alarm in a million.
Where few numbers are drawn for many elements, the means at each place are compared as well.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy
import torch

from .compare import as_array
from .convert import Call, leaves

DRAWN = 4000

UNDEFINED = frozenset(
    {"empty", "empty_like", "empty_permuted", "empty_strided", "new_empty", "new_empty_strided"}
)
"""Their numbers are whatever the memory held: shapes and dtypes are compared."""

RANDOM = frozenset(
    {
        "bernoulli",
        "cauchy",
        "exponential",
        "geometric",
        "log_normal",
        "multinomial",
        "normal",
        "normal/in_place",
        "normal/number_mean",
        "rand_like",
        "randint",
        "randint_like",
        "randn",
        "randn_like",
        "uniform",
        "nn.functional.alpha_dropout",
        "nn.functional.dropout",
        "nn.functional.dropout2d",
        "nn.functional.dropout3d",
        "nn.functional.feature_alpha_dropout/with_train",
        "nn.functional.feature_alpha_dropout/without_train",
        "nn.functional.fractional_max_pool2d",
        "nn.functional.fractional_max_pool3d",
        "nn.functional.multi_head_attention_forward",
        "nn.functional.rrelu",
        "nn.functional.scaled_dot_product_attention",
    }
)
"""Operators that may draw; a sample of theirs is random if PyTorch's two draws differ."""


_REPEATS = 200
_CORRELATED = ("2d", "3d", "feature", "attention")
"""Names of operators that draw one number for many elements."""


def is_random(name: str, theirs: Callable[..., Any], call: Call) -> bool:
    """Whether PyTorch gives two results for one call."""
    if name not in RANDOM:
        return False
    with torch.no_grad():
        first = [as_array(leaf) for leaf in leaves(_copied(call).run(theirs))]
        for _ in range(30):
            other = [as_array(leaf) for leaf in leaves(_copied(call).run(theirs))]
            if not all(map(numpy.array_equal, first, other, [True] * len(first))):
                return True
    return False


def _copied(call: Call) -> Call:
    tensors = call.tensors()
    return call.put(tensors, [tensor.detach().clone() for tensor in tensors])


def _numbers(draw: Callable[[], Any]) -> tuple[list[Any], numpy.ndarray]:
    """The first results, and numbers pooled over as many draws as it takes."""
    first = [as_array(leaf) for leaf in leaves(draw()) if not isinstance(leaf, (int, type(None)))]
    pooled = [result.ravel() for result in first]
    each = sum(part.size for part in pooled)
    for _ in range(math.ceil(DRAWN / each) - 1 if each else 0):
        pooled += [
            as_array(leaf).ravel()
            for leaf in leaves(draw())
            if not isinstance(leaf, (int, type(None)))
        ]
    return first, numpy.concatenate(pooled) if pooled else numpy.zeros(0)


def same_distribution(name: str, ours: Callable[[], Any], theirs: Callable[[], Any]) -> str | None:
    """What is different about shapes, dtypes or distribution of what two functions draw."""
    mine, our_numbers = _numbers(ours)
    yours, their_numbers = _numbers(theirs)
    for our, their in zip(mine, yours, strict=True):
        if our.shape != their.shape or our.dtype != their.dtype:
            return f"{our.dtype}{our.shape}, PyTorch has {their.dtype}{their.shape}"
    if our_numbers.size == 0:
        return None
    shared = 1
    if any(part in name for part in _CORRELATED):
        slow = name == "nn.functional.multi_head_attention_forward"
        text = None if slow else _other_means(ours, theirs)
        if text is not None:
            return text
        shared = max(1, yours[0].size // math.prod(yours[0].shape[:2]))
        if "attention" in name:
            shared = max(1, yours[0].size)
    return _apart(our_numbers.real, their_numbers.real, shared) or _apart(
        our_numbers.imag, their_numbers.imag, shared
    )


def _other_means(ours: Callable[[], Any], theirs: Callable[[], Any]) -> str | None:
    """Means over many draws, at each place and along PyTorch's: eight errors are no chance.

    The direction comes from draws of its own; along it an error common to all places adds up.
    """

    def stacked(draw: Callable[[], Any]) -> numpy.ndarray:
        draws = [[as_array(leaf) for leaf in leaves(draw())] for _ in range(_REPEATS)]
        return numpy.stack(
            [
                numpy.concatenate([leaf.ravel() for leaf in one if leaf.dtype.kind in "fc"])
                for one in draws
            ]
        )

    along = stacked(theirs).mean(0).conj()
    mine, yours = ([draws, draws @ along] for draws in (stacked(ours), stacked(theirs)))
    for our, their in zip(mine, yours, strict=True):
        off = abs(our.mean(0) - their.mean(0))
        spread = numpy.sqrt((our.var(0) + their.var(0)) / _REPEATS)
        if (off > 8 * spread + 1e-4 * abs(their).max(initial=0.0)).any():
            return f"means over {_REPEATS} draws are up to {(off / spread).max():.0f} errors apart"
    return None


def _apart(ours: numpy.ndarray, theirs: numpy.ndarray, shared: int) -> str | None:
    mine, yours = numpy.sort(ours.astype(float)), numpy.sort(theirs.astype(float))
    places = numpy.concatenate([mine, yours])
    steps = [
        numpy.searchsorted(sample, places, side="right") / sample.size for sample in (mine, yours)
    ]
    distance = float(abs(steps[0] - steps[1]).max())
    # Smirnov: P(D > c sqrt((n + m) / (n m))) -> 2 exp(-2 c^2); 2.7 gives 1e-6
    critical = 2.7 * math.sqrt(shared / mine.size + shared / yours.size)
    if distance <= critical:
        return None
    return f"the distributions are {distance:.3f} apart (at most {critical:.3f} by chance)"
