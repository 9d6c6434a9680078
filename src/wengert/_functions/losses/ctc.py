"""Connectionist temporal classification: the probability of a labelling, over all alignments.

The forward recursion of the paper in log space, one `scan` over time; derivatives of any order are
those of the scan. What cannot be reached has the logarithm -1e30 instead of -inf, which keeps every
difference finite. Source: A. Graves et al., Connectionist temporal classification, 2006.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..._base.dtypes import float32, int64, is_floating
from ..._base.errors import DtypeError, ShapeError
from ..._base.kinds import is_array
from ..._declare.elementwise import convert
from ..._graph.value import Handle
from ..._primitives import elementwise as e
from ..._primitives.creation import constant
from ..._primitives.indexing import iota, take
from ..._primitives.ordering import amax
from ..._primitives.reductions import cumsum, sum_
from ..._primitives.shaping import concatenate, embed, expand, reshape, slice_
from ..._primitives.transcendental import exp, log
from ..._record import modes as _modes
from ..._transforms.control_flow import scan
from .losses import reduced

_NEVER = -1e30


def _lengths(given: Any, batch: int, most: int | None, what: str) -> Any:
    if not isinstance(given, Handle):
        given = constant(np.asarray(given, np.int64).reshape(-1))
    if given._data.dtype.kind not in "iu":
        raise DtypeError(f"ctc_loss: {what} must be integers, not {given._data.dtype}.")
    if given._data.size != batch or given._data.ndim > 1:
        raise ShapeError(
            f"ctc_loss: {what} of shape {tuple(given._data.shape)} for a batch of {batch}."
        )
    lengths = reshape(convert(given, int64), shape=(batch,))
    if is_array(lengths._data) and batch:
        low, high = int(lengths._data.min()), int(lengths._data.max())
        if low < 0 or (most is not None and high > most):
            raise ValueError(f"ctc_loss: {what} go from {low} to {high}; 0 to {most} are possible.")
    return lengths


def _labels(targets: Any, lengths: Any, batch: int, blank: int) -> Any:
    """Targets as rows (batch, most), blank after their end."""
    shape = tuple(targets._data.shape)
    targets = convert(targets, int64)
    if len(shape) == 2:
        if shape[0] != batch:
            raise ShapeError(f"ctc_loss: targets {shape} for a batch of {batch}.")
        most, rows = shape[1], targets
    else:
        # Traced lengths are not known; no target is longer than all of them together.
        known = is_array(lengths._data) and _modes.current().trace is None and batch
        most = int(lengths._data.max()) if known else shape[0]
        if known and int(lengths._data.sum()) != shape[0]:
            raise ShapeError(
                f"ctc_loss: {shape[0]} targets in one row, and lengths that add up to "
                f"{int(lengths._data.sum())}."
            )
        if not shape[0]:
            return constant(np.full((batch, most), blank, np.int64))
        start = reshape(e.sub(cumsum(lengths, axis=0), lengths), shape=(batch, 1))
        at = e.add(start, reshape(iota(most), shape=(1, most)))
        rows = take(targets, e.where(e.lt(at, shape[0]), at, 0))
    inside = e.lt(reshape(iota(most), shape=(1, most)), reshape(lengths, shape=(batch, 1)))
    return e.where(inside, rows, blank)


def _shifted(x: Any, by: int) -> Any:
    """x moved to the right along axis 1, what comes in being impossible."""
    batch: int = x._data.shape[0]
    states: int = x._data.shape[1]
    if by >= states:
        return e.add(e.mul(x, 0.0), _NEVER)
    kept = slice_(x, slices=((0, batch, 1), (0, states - by, 1)))
    moved = embed(kept, shape=(batch, states), slices=((0, batch, 1), (by, states - by, 1)))
    fill = np.asarray(np.where(np.arange(states) < by, _NEVER, 0.0), x._data.dtype)
    return e.add(moved, constant(fill))


def _log_sum(*parts: Any) -> Any:
    shape = tuple(parts[0]._data.shape)
    joint = concatenate(*[reshape(part, shape=(1, *shape)) for part in parts], axis=0)
    top = amax(joint.detach(), axes=(0,))
    return e.add(log(sum_(exp(e.sub(joint, top)), axes=(0,))), top)


def _negative_log(log_probs: Any, labels: Any, steps: Any, lengths: Any, blank: int) -> Any:
    """-log p of each labelling, 1e30 where there is no alignment."""
    time, batch, _ = tuple(log_probs._data.shape)
    most = labels._data.shape[1]
    states: int = 2 * most + 1
    # Blanks around and between the labels: state s is a label where s is odd.
    position: np.ndarray[Any, Any] = np.arange(states)
    if most:
        spread = take(
            labels,
            reshape(iota(batch), shape=(batch, 1)),
            constant(np.minimum(position[None] // 2, most - 1)),
        )
        path = e.where(constant(position[None] % 2 == 1), spread, blank)
    else:
        path = constant(np.full((batch, 1), blank, np.int64))
    found = take(
        log_probs,
        reshape(iota(time), shape=(time, 1, 1)),
        reshape(iota(batch), shape=(1, batch, 1)),
        reshape(path, shape=(1, batch, states)),
    )
    found = e.where(e.lt(found, _NEVER), _NEVER, found)
    before = concatenate(
        constant(np.full((batch, min(2, states)), blank, np.int64)),
        slice_(path, slices=((0, batch, 1), (0, max(states - 2, 0), 1))),
        axis=1,
    )
    skips = e.bitwise_and(e.ne(path, blank), e.ne(path, before))
    dtype = log_probs._data.dtype
    begin = np.full((1, states), _NEVER, dtype)
    begin[0, 0] = 0.0
    column = reshape(steps, shape=(batch, 1))

    def step(alpha: Any, now: Any) -> Any:
        step_log_probs, t = now
        skipped = e.where(skips, _shifted(alpha, 2), _NEVER)
        moved = e.add(_log_sum(alpha, _shifted(alpha, 1), skipped), step_log_probs)
        return e.where(e.lt(t, column), moved, alpha), ()

    # Before the first step nothing has been read; it may begin with a blank or the first label.
    if time:
        first = slice_(found, slices=((0, 1, 1), (0, batch, 1), (0, states, 1)))
        opening = constant(np.asarray(np.where(position < 2, 0.0, _NEVER), dtype)[None])
        opened = e.add(reshape(first, shape=(batch, states)), opening)
        alpha = e.where(e.gt(column, 0), opened, constant(begin))
        rest = slice_(found, slices=((1, time - 1, 1), (0, batch, 1), (0, states, 1)))
        alpha, _ = scan(step, alpha, (rest, e.add(iota(time - 1), 1)))
    else:
        alpha = expand(constant(begin), shape=(batch, states))
    row = reshape(iota(batch), shape=(batch, 1))
    end = e.mul(reshape(lengths, shape=(batch, 1)), 2)
    last = take(alpha, row, end)
    some = e.gt(end, 0)
    label = e.where(some, take(alpha, row, e.where(some, e.sub(end, 1), 0)), _NEVER)
    return e.neg(reshape(_log_sum(last, label), shape=(batch,)))


def ctc_loss(
    log_probs: Any,
    targets: Any,
    input_lengths: Any,
    target_lengths: Any,
    blank: int = 0,
    reduction: str = "mean",
    zero_infinity: bool = False,
) -> Any:
    """-log of the probability of the targets, summed over all alignments with `blank` in between.

    log_probs (time, batch, classes) or (time, classes); targets (batch, most), or all in one row.
    "mean" divides each loss by its target length first. A target that has no alignment costs inf,
    or 0 with `zero_infinity`; its gradient is 0.

    >>> import wengert
    >>> log_probs = wengert.full((2, 1, 2), 0.5).log()
    >>> lengths = wengert.tensor([2]), wengert.tensor([1])
    >>> loss = wengert.nn.functional.ctc_loss(log_probs, wengert.tensor([[1]]), *lengths)
    >>> loss.neg().exp()
    tensor(0.7500)
    """
    shape = tuple(log_probs._data.shape)
    if len(shape) == 2:
        log_probs = reshape(log_probs, shape=(shape[0], 1, shape[1]))
    if len(shape) not in (2, 3) or targets._data.ndim not in (1, 2):
        raise ShapeError(
            "ctc_loss: expected log_probs (time, batch, classes) or (time, classes) and targets "
            f"with 1 or 2 axes; the shapes are {shape} and {tuple(targets._data.shape)}."
        )
    if not is_floating(log_probs._data.dtype) or targets._data.dtype.kind not in "iu":
        raise DtypeError(
            f"ctc_loss: log_probs must be floating and targets integers, not "
            f"{log_probs._data.dtype} and {targets._data.dtype}."
        )
    time, batch, classes = tuple(log_probs._data.shape)
    if not 0 <= blank < classes:
        raise ValueError(f"ctc_loss: blank={blank} is none of {classes} classes.")
    if not batch:
        raise ShapeError("ctc_loss: the batch is empty.")
    most = targets._data.shape[-1]
    steps = _lengths(input_lengths, batch, time, "input_lengths")
    lengths = _lengths(target_lengths, batch, most, "target_lengths")
    labels = _labels(targets, lengths, batch, blank)
    own = log_probs._data.dtype
    # The logarithms of small probabilities are beyond the halves.
    wide = convert(log_probs, float32) if own.itemsize == 2 else log_probs
    losses = _negative_log(wide, labels, steps, lengths, blank)
    impossible = e.gt(losses, -_NEVER / 10)
    losses = e.where(impossible, 0.0 if zero_infinity else float("inf"), losses)
    if reduction == "mean":
        divisor = e.where(e.gt(lengths, 0), lengths, 1)
        losses = e.div(losses, convert(divisor, losses._data.dtype))
    elif reduction == "none" and len(shape) == 2:
        losses = reshape(losses, shape=())
    return convert(reduced(losses, reduction, "ctc_loss"), own)
