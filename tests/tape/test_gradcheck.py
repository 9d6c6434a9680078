"""gradcheck finds wrong derivatives of every kind, says where, and passes right ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import wengert as w
from wengert._transforms.differences import Comparison
from wengert.autograd import gradcheck, gradgradcheck
from wengert.errors import GradcheckError, InplaceError, ShapeError


def leaf(*values: complex) -> Any:
    return w.from_numpy(np.array(values)).requires_grad_()


X = leaf(0.3, -1.2, 2.0)
C = leaf(0.3 + 0.4j, -1.2j)

RIGHT: list[tuple[Callable[..., Any], Any]] = [
    (lambda x: x * x.sin(), X),
    (lambda x, y: (x[:, None] * y, x.sum()), (X, leaf(1.0, 2.0))),
    (lambda x, n: x**n, (leaf(0.5, 2.0), 3)),
    (lambda x: (x.sort().values, x.argsort()), X),
    (lambda x: [x.exp(), x.detach() * 1], X),
    (lambda c: c * c.conj(), C),
    (lambda c: c.abs(), C),
    (lambda x, c: (x[:2] * c).exp(), (X, C)),
    (lambda x: x.detach() * 0 + 1, X),
    (lambda x: x.long(), X),
    (lambda x: x[:0], X),
    (lambda x: x.sum() + 1, leaf()),
]


@pytest.mark.parametrize("fast", [False, True])
@pytest.mark.parametrize(("function", "inputs"), RIGHT)
def test_what_is_right_passes(function: Callable[..., Any], inputs: Any, fast: bool) -> None:
    assert gradcheck(
        function,
        inputs,
        fast_mode=fast,
        check_forward_ad=True,
        check_grad_dtypes=True,
        check_batched_grad=True,
        check_batched_forward_grad=True,
    )


@pytest.mark.parametrize("fast", [False, True])
def test_second_derivatives(fast: bool) -> None:
    def both(x: Any, c: Any) -> Any:
        return (x[:2] * c).exp(), x.sin()

    options: Any = {"check_fwd_over_rev": True, "check_batched_grad": True, "fast_mode": fast}
    assert gradgradcheck(both, (X, C), **options)
    assert gradgradcheck(both, (X, C), gen_non_contig_grad_outputs=True, fast_mode=fast)
    assert gradgradcheck(lambda x: x**3, X, leaf(1.0, 2.0, 3.0), fast_mode=fast)

    def wrong(x: Any) -> Any:
        return x * x.detach() * x

    assert not gradgradcheck(wrong, X, raise_exception=False, fast_mode=fast)
    assert not gradgradcheck(
        wrong, X, check_fwd_over_rev=True, check_rev_over_rev=False, raise_exception=False
    )


WRONG: list[tuple[Callable[..., Any], Any, dict[str, Any]]] = [
    (lambda x: x * x.detach(), X, {}),
    (lambda x: x * x.detach(), X, {"check_forward_ad": True, "check_backward_ad": False}),
    (lambda c: c * c.detach(), C, {}),
    (lambda c: c * c.detach(), C, {"check_forward_ad": True, "check_backward_ad": False}),
    (lambda x: (x.sin(), x.detach() * x), X, {}),
    (lambda x: x.detach() * 2, X, {}),
    (lambda x: x.abs(), leaf(1.0, 1e-7), {}),
]


@pytest.mark.parametrize("fast", [False, True])
@pytest.mark.parametrize(("function", "inputs", "options"), WRONG)
def test_what_is_wrong_is_found(
    function: Callable[..., Any], inputs: Any, options: dict[str, Any], fast: bool
) -> None:
    before = inputs.tolist()
    with pytest.raises(GradcheckError, match="does not agree with differences"):
        gradcheck(function, inputs, fast_mode=fast, **options)
    assert not gradcheck(function, inputs, fast_mode=fast, raise_exception=False, **options)
    assert inputs.tolist() == before


def test_the_text_of_the_error() -> None:
    def product(x: Any, y: Any) -> Any:
        return x.sum(), x * y.detach() * y

    with pytest.raises(GradcheckError) as caught:
        gradcheck(product, (leaf(1.0, 2.0), leaf(3.0, 4.0)))
    assert str(caught.value) == (
        "gradcheck: the derivative of output 1 by input 1 (shape (2,), float64) does not agree "
        "with differences. The largest difference is 8, in row 1 and column 1: 8 by reverse mode, "
        "16 by differences; atol = 1e-05 and rtol = 0.001 allow less.\n"
        "By reverse mode (a row for each element of the output, a column for each of the input):\n"
        "[[3. 0.]\n [0. 8.]]\n"
        "By central differences with eps = 1e-06:\n"
        "[[ 6.  0.]\n [ 0. 16.]]\n"
        "Either a derivative is wrong (is something detached on the way?), or the input lies at a "
        "kink, or is too large or too small for this eps."
    )
    with pytest.raises(GradcheckError, match=r"two rows or columns: its real and its imaginary"):
        gradcheck(lambda c: c * c.detach(), C)


def test_what_is_not_the_same_twice() -> None:
    calls: list[int] = []

    def drifting(x: Any) -> Any:
        calls.append(1)
        return x * (1 + 1e-7 * len(calls))

    with pytest.raises(GradcheckError, match="not the same twice: gradients by input 0 differ"):
        gradcheck(drifting, X, eps=1e-2)
    assert gradcheck(drifting, X, eps=1e-2, nondet_tol=1e-3)


def hooked(change: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Two outputs, the first with a hook."""

    def function(x: Any) -> Any:
        y = x * 2
        if y.requires_grad:
            y.register_hook(change)
        return y, x.sin()

    return function


def test_an_output_without_a_cotangent() -> None:
    function = hooked(lambda g: g if bool((g != 0).any()) else g + 1)
    with pytest.raises(GradcheckError, match="without a cotangent for output 0"):
        gradcheck(function, X)
    assert gradcheck(function, X, check_undefined_grad=False)


def test_dtypes_of_gradients(monkeypatch: pytest.MonkeyPatch) -> None:
    pulled = Comparison.pulled

    def narrow(*args: Any) -> list[Any]:
        return [g.float() for g in pulled(*args)]

    monkeypatch.setattr(Comparison, "pulled", narrow)
    assert gradcheck(lambda x: x * 2, X)
    with pytest.raises(GradcheckError, match="input 0 is float64 and its gradient float32"):
        gradcheck(lambda x: x * 2, X, check_grad_dtypes=True)


def test_batches_of_cotangents() -> None:
    function = hooked(lambda g: g * 2 if "batched" in repr(g) else g)
    assert gradcheck(function, X)
    with pytest.raises(GradcheckError, match="gradients of output 0 by input 0 under vmap are"):
        gradcheck(function, X, check_batched_grad=True)


def test_inputs_that_cannot_be_checked() -> None:
    with pytest.raises(ValueError, match="no input requires grad"):
        gradcheck(lambda x: x, (w.ones(2), 3))
    with pytest.raises(InplaceError, match="input 0 of shape"):
        gradcheck(lambda x: x * 2, leaf(1.0).expand(3))
    with pytest.raises(TypeError, match="returned a float"):
        gradcheck(lambda x: 1.0, X)
    with pytest.raises(ShapeError, match="near input 0 the function returns"):
        gradcheck(lambda x: x[x.detach() > 1], leaf(1.0, 2.0, 0.5))
    with pytest.warns(UserWarning, match="input 0 is float32"):
        assert not gradcheck(lambda x: x * 2.5, X.detach().float().requires_grad_(),
                             raise_exception=False)  # fmt: skip
    with pytest.raises(GradcheckError, match="no output requires grad"):
        gradgradcheck(lambda x: x.detach(), X)
    for options in (
        {"check_backward_ad": False},
        {"check_backward_ad": False, "check_forward_ad": True, "check_batched_grad": True},
        {"check_batched_forward_grad": True},
    ):
        with pytest.raises(ValueError, match="gradcheck: "):
            gradcheck(lambda x: x, X, **options)


def test_parameters_that_a_function_reaches_itself() -> None:
    layer = w.nn.Linear(2, 2, dtype=w.float64)
    x = w.ones(3, 2, dtype=w.float64)
    assert gradcheck(lambda *_: layer(x).tanh(), tuple(layer.parameters()))


def test_compiled_functions() -> None:
    assert gradcheck(w.jit(lambda x: (x * x).cumsum(0).sin()), X, check_forward_ad=True)
    assert gradgradcheck(w.jit(lambda x: (x * x).cumsum(0).sin()), X)
