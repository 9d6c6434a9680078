"""gradcheck: do the derivatives of a function agree with differences of its values?

What is compared is made in `differences`; here is the order of the comparisons and what they are
called in PyTorch.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .._base.dtypes import is_inexact
from .._base.errors import GradcheckError
from .._graph.value import Handle
from .._record import modes as _modes
from .batching import vmap
from .differences import (
    Comparison,
    apart,
    as_tuple,
    coordinates,
    count_of,
    drawn,
    like,
    requires_grad,
    rows_of,
    shown,
    stacked,
)
from .forward import push_walk
from .tape import grad


def gradcheck(
    func: Callable[..., Any],
    inputs: Any,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_batched_forward_grad: bool = False,
    check_forward_ad: bool = False,
    check_backward_ad: bool = True,
    fast_mode: bool = False,
    masked: bool | None = None,
) -> bool:
    """Whether derivatives of `func` agree with (f(x + eps) - f(x - eps)) / (2 eps) within
    atol + rtol * |difference|, for every input (a tensor, or a tuple) that requires grad.

    Where they do not, `GradcheckError` names the input and shows both Jacobians (False without
    `raise_exception`). It is also raised where the same inputs give derivatives further apart than
    `nondet_tol`; where an output without a cotangent is not like one with zeros
    (`check_undefined_grad`); with `check_grad_dtypes`, where a gradient has another dtype than its
    input; where forward mode (`check_forward_ad`) or vmap (`check_batched_grad`,
    `check_batched_forward_grad`) is wrong. `fast_mode` compares one number u^T J v for each pair of
    input and output first. `masked` concerns sparse tensors and changes nothing.

    >>> import wengert
    >>> x = wengert.tensor([0.5, 2.0], dtype=wengert.float64, requires_grad=True)
    >>> wengert.autograd.gradcheck(lambda x: x * x.sin(), x)
    True
    """
    if not (check_backward_ad or check_forward_ad):
        raise ValueError("gradcheck: neither check_backward_ad nor check_forward_ad is asked for.")
    if check_batched_grad and not check_backward_ad:
        raise ValueError("gradcheck: check_batched_grad needs check_backward_ad.")
    if check_batched_forward_grad and not check_forward_ad:
        raise ValueError("gradcheck: check_batched_forward_grad needs check_forward_ad.")
    check = Comparison(func, inputs, eps, atol, rtol)
    try:
        outs = check.outputs()
        places = [j for j, out in enumerate(outs) if requires_grad(out)]
        if not places:
            _check_constant(check, len(outs))
            return True
        outs = [outs[j] for j in places]
        if not (fast_mode and _quick(check, outs, places, check_backward_ad, check_forward_ad)):
            _check_whole(check, outs, places, check_backward_ad, check_forward_ad)
        if check_backward_ad:
            _check_repeated(check, outs, places, nondet_tol)
            if check_undefined_grad:
                _check_absent(check, outs)
            if check_grad_dtypes:
                _check_dtypes(check, outs)
            if check_batched_grad:
                _check_batched(check, outs)
        if check_batched_forward_grad:
            _check_batched_forward(check, outs)
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


def gradgradcheck(
    func: Callable[..., Any],
    inputs: Any,
    grad_outputs: Any = None,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    gen_non_contig_grad_outputs: bool = False,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_fwd_over_rev: bool = False,
    check_rev_over_rev: bool = True,
    fast_mode: bool = False,
    masked: bool = False,
) -> bool:
    """`gradcheck` of the gradient: of u J as a function of the inputs and of u = `grad_outputs`,
    which is drawn at random if it is not given.

    >>> import wengert
    >>> x = wengert.tensor([0.5, 2.0], dtype=wengert.float64, requires_grad=True)
    >>> wengert.autograd.gradgradcheck(lambda x: x * x.sin(), x)
    True
    """
    check = Comparison(func, inputs, eps, atol, rtol)
    places = [j for j, out in enumerate(check.outputs()) if requires_grad(out)]
    if not places:
        raise GradcheckError(
            "gradgradcheck: no output requires grad, so there is no gradient to check."
        )
    outs = [check.outputs()[j] for j in places]
    if grad_outputs is None:
        cotangents = drawn(outs, gen_non_contig_grad_outputs)
    else:
        cotangents = [u for u in as_tuple(grad_outputs) if u is not None]
    if len(cotangents) != len(outs):
        raise ValueError(
            f"gradgradcheck: {len(cotangents)} grad_outputs for {len(outs)} outputs that require "
            "grad."
        )
    count = len(check.inputs)

    def gradient(*args: Any) -> tuple[Any, ...]:
        made = [out for out in as_tuple(func(*args[:count])) if isinstance(out, Handle)]
        made = [out for out in made if is_inexact(out._data.dtype)]
        targets = [args[k] for k in check.moving]
        return grad(
            [made[j] for j in places],
            targets,
            list(args[count:]),
            create_graph=True,
            materialize_grads=True,
        )

    return gradcheck(
        gradient,
        (*check.inputs, *cotangents),
        eps=eps,
        atol=atol,
        rtol=rtol,
        raise_exception=raise_exception,
        nondet_tol=nondet_tol,
        check_undefined_grad=check_undefined_grad,
        check_grad_dtypes=check_grad_dtypes,
        check_batched_grad=check_batched_grad,
        check_forward_ad=check_fwd_over_rev,
        check_backward_ad=check_rev_over_rev,
        fast_mode=fast_mode,
        masked=masked,
    )


def _check_constant(check: Comparison, count: int) -> None:
    """Nothing is recorded: then nothing may change."""
    for k in check.moving:
        for j, wanted in enumerate(check.by_differences(k, range(count))):
            check.compare(k, j, np.zeros(wanted.shape), wanted, "the record (there is none)")


def _check_whole(
    check: Comparison, outs: list[Any], places: list[int], backward: bool, forward: bool
) -> None:
    reverse = check.by_reverse(outs) if backward else {}
    for k in check.moving:
        wanted = check.by_differences(k, places)
        pushed = check.by_forward(outs, k) if forward else wanted
        for j, place in enumerate(places):
            if backward:
                check.compare(k, place, reverse[k][j], wanted[j], "reverse mode")
            check.compare(k, place, pushed[j], wanted[j], "forward mode")


def _quick(
    check: Comparison, outs: list[Any], places: list[int], backward: bool, forward: bool
) -> bool:
    """Whether u^T J v agrees for one u and v; where it does not, whole Jacobians decide."""
    draw = np.random.default_rng(0)
    for k in check.moving:
        along = draw.normal(size=count_of(check.inputs[k]))
        wanted = check.quotients(k, along, places)
        pushed = check.pushed(outs, k, along) if forward else wanted
        for j, out in enumerate(outs):
            weights = draw.normal(size=count_of(out))
            number = float(weights @ wanted[j])
            found = [float(weights @ pushed[j])]
            if backward:
                g = check.pulled([out], [like(out, weights)])[check.moving.index(k)]
                found.append(0.0 if g is None else float(along @ coordinates(g)))
            spread = check.atol * np.abs(weights).sum() * np.abs(along).sum()
            if any(abs(n - number) > spread + check.rtol * abs(number) for n in found):
                return False
            if not np.isfinite([number, *found]).all():
                return False
    return True


def _check_repeated(
    check: Comparison, outs: list[Any], places: list[int], tolerance: float
) -> None:
    draw = np.random.default_rng(0)
    cotangents = [draw.normal(size=count_of(out)) for out in outs]
    again = check.outputs()
    runs: list[list[Any]] = []
    for made in (outs, [again[j] for j in places]):
        seeds = [like(out, u) for out, u in zip(made, cotangents, strict=True)]
        runs.append(check.pulled(made, seeds))
    for k, first, second in zip(check.moving, *runs, strict=True):
        if (first is None) != (second is None):
            gap = np.inf
        elif first is None:
            continue
        else:
            gap = apart(coordinates(first), coordinates(second))
        if gap > tolerance:
            raise GradcheckError(
                f"gradcheck: the function is not the same twice: gradients by input {k} differ by "
                f"{gap:.6g}, and nondet_tol is {tolerance:g}. If it draws random numbers, seed "
                "it inside."
            )


def _check_absent(check: Comparison, outs: list[Any]) -> None:
    """Without one of the outputs the gradient is that with zeros for it."""
    draw = np.random.default_rng(1)
    for j in range(len(outs) if len(outs) > 1 else 0):
        seeds = [like(out, draw.normal(size=count_of(out))) for out in outs]
        zeros = [
            like(out, np.zeros(count_of(out))) if i == j else seeds[i] for i, out in enumerate(outs)
        ]
        others = [i for i in range(len(outs)) if i != j]
        with_zeros = check.pulled(outs, zeros)
        without = check.pulled([outs[i] for i in others], [seeds[i] for i in others])
        for k, a, b in zip(check.moving, with_zeros, without, strict=True):
            nothing = np.zeros(count_of(check.inputs[k]))
            one, other = (nothing if g is None else coordinates(g) for g in (a, b))
            if not check.agree(other, one):
                raise GradcheckError(
                    f"gradcheck: without a cotangent for output {j} the gradient by input {k} is "
                    f"{shown(other)}, and with zeros for it {shown(one)}."
                )


def _check_dtypes(check: Comparison, outs: list[Any]) -> None:
    seeds = [like(out, np.ones(count_of(out))) for out in outs]
    for k, g in zip(check.moving, check.pulled(outs, seeds), strict=True):
        x = check.inputs[k]
        if g is not None and g._data.dtype != x._data.dtype:
            raise GradcheckError(
                f"gradcheck: input {k} is {x._data.dtype} and its gradient {g._data.dtype}."
            )


def _check_batched(check: Comparison, outs: list[Any]) -> None:
    """Rows pulled back together under vmap are the rows pulled back one by one."""
    reverse = check.by_reverse(outs)
    targets = [check.inputs[k] for k in check.moving]
    for j, out in enumerate(outs):
        if not count_of(out):
            continue
        rows = stacked(out, np.eye(count_of(out)))
        found = grad(
            [out], targets, [rows], True, allow_unused=True,
            is_grads_batched=True, materialize_grads=True,
        )  # fmt: skip
        for k, g in zip(check.moving, found, strict=True):
            got = rows_of(g)
            if not check.agree(got, reverse[k][j]):
                raise GradcheckError(
                    f"gradcheck: gradients of output {j} by input {k} under vmap are\n"
                    f"{shown(got)}\nand one by one\n{shown(reverse[k][j])}"
                )


def _check_batched_forward(check: Comparison, outs: list[Any]) -> None:
    """Columns pushed forward together under vmap are the columns pushed one by one."""
    for k in check.moving:
        x = check.inputs[k]
        if not count_of(x):
            continue
        wanted = check.by_forward(outs, k)
        linked = [j for j, t in enumerate(push_walk([x], [x.detach()], outs)) if t is not None]

        def push(tangent: Any, x: Any = x, linked: list[int] = linked) -> tuple[Any, ...]:
            return tuple(push_walk([x], [tangent], [outs[j] for j in linked]))

        with _modes.override(grad=False):
            found = vmap(push)(stacked(x, np.eye(count_of(x)))) if linked else ()
        for j, t in zip(linked, found, strict=True):
            got = rows_of(t).T
            if not check.agree(got, wanted[j]):
                raise GradcheckError(
                    f"gradcheck: tangents of output {j} by input {k} under vmap are\n"
                    f"{shown(got)}\nand one by one\n{shown(wanted[j])}"
                )


__all__ = ["gradcheck", "gradgradcheck"]
