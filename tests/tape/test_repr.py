"""How tensors print: PyTorch 2.13's own output, with the name of the library exchanged."""

from __future__ import annotations

from typing import Any

import pytest

import wengert as w
from wengert import func, tensor

INF, NAN = float("inf"), float("nan")


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ([1.0, 2.0], "tensor([1., 2.])"),
        ([1.5, 2.0], "tensor([1.5000, 2.0000])"),
        ([-1.0, 2.0], "tensor([-1.,  2.])"),
        ([1e-5, 1.0], "tensor([1.0000e-05, 1.0000e+00])"),
        ([9.9999e-5, 1.0], "tensor([9.9999e-05, 1.0000e+00])"),
        ([1e-4, 1.0], "tensor([1.0000e-04, 1.0000e+00])"),
        ([0.00012, 0.5], "tensor([1.2000e-04, 5.0000e-01])"),
        ([1e5, 1.0], "tensor([1.0000e+05, 1.0000e+00])"),
        ([1000.5, 0.1], "tensor([1.0005e+03, 1.0000e-01])"),
        ([1e9], "tensor([1.0000e+09])"),
        ([0.0, 0.0], "tensor([0., 0.])"),
        ([NAN, 1.0], "tensor([nan, 1.])"),
        ([INF, 1.5], "tensor([   inf, 1.5000])"),
        ([[1.5, NAN], [-2.0, -INF]], "tensor([[ 1.5000,     nan],\n        [-2.0000,    -inf]])"),
        ([], "tensor([])"),
        ([[]], "tensor([], size=(1, 0))"),
        (3.0, "tensor(3.)"),
        (3.14159, "tensor(3.1416)"),
        (1e20, "tensor(1.0000e+20)"),
        (7, "tensor(7)"),
        (True, "tensor(True)"),
        ([-10, 200], "tensor([-10, 200])"),
        ([True, False], "tensor([ True, False])"),
        ([1 + 2j, 3 - 4.5j], "tensor([1.+2.0000j, 3.-4.5000j])"),
        (
            [[[1.0, 2.0]], [[3.0, 4.5]]],
            "tensor([[[1.0000, 2.0000]],\n\n        [[3.0000, 4.5000]]])",
        ),
        (
            [0.1] * 12,
            (
                "tensor([0.1000, 0.1000, 0.1000, 0.1000, 0.1000, 0.1000, 0.1000, 0.1000, 0.1000,\n"
                "        0.1000, 0.1000, 0.1000])"
            ),
        ),
    ],
)
def test_elements(data: Any, text: str) -> None:
    assert repr(tensor(data)) == text


def test_what_is_said_beside_the_elements() -> None:
    x = w.ones(2, requires_grad=True)
    assert repr(x) == "tensor([1., 1.], requires_grad=True)"
    assert repr(x * 2) == "tensor([2., 2.], grad_fn=<MulBackward0>)"
    assert repr((x * 2).sum()) == "tensor(4., grad_fn=<SumBackward0>)"
    assert repr(x.double()).startswith("tensor([1., 1.], dtype=wengert.float64, grad_fn=<")
    assert repr(w.ones(2, dtype="int32")) == "tensor([1, 1], dtype=wengert.int32)"
    assert repr(w.zeros(0, 3, dtype="int64")) == "tensor([], size=(0, 3), dtype=wengert.int64)"
    assert repr(w.ones(1, dtype="complex128")) == "tensor([1.+0.j], dtype=wengert.complex128)"


def test_large_tensors_show_their_edges() -> None:
    assert repr(w.arange(1001)) == "tensor([   0,    1,    2,  ...,  998,  999, 1000])"
    assert repr(w.zeros(30, 40)) == (
        "tensor([[0., 0., 0.,  ..., 0., 0., 0.],\n"
        "        [0., 0., 0.,  ..., 0., 0., 0.],\n"
        "        [0., 0., 0.,  ..., 0., 0., 0.],\n"
        "        ...,\n"
        "        [0., 0., 0.,  ..., 0., 0., 0.],\n"
        "        [0., 0., 0.,  ..., 0., 0., 0.],\n"
        "        [0., 0., 0.,  ..., 0., 0., 0.]])"
    )


def test_lines_are_as_long_as_pytorch_s() -> None:
    lines = repr(w.zeros(60)).splitlines()
    assert [line.count("0.") for line in lines] == [24, 24, 12]


def test_formats_and_strings() -> None:
    assert f"{tensor(3.14159):.2f}" == "3.14"
    assert str(tensor(2.0)) == "tensor(2.)"
    assert f"{tensor([1.0])}" == "tensor([1.])"


def test_values_without_numbers_say_what_they_are() -> None:
    seen: list[str] = []

    def look(x: Any) -> Any:
        seen.append(repr(x))
        return x

    func.vmap(look)(w.ones(2, 3))
    assert seen == ["tensor(batched, shape=(3,), dtype=float32)"]
