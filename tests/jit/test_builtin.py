"""Guards, results, errors and lifetimes of builtins: compiled entries, and the way by ctypes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from wengert._jit import builtin, interpreter
from wengert._jit.builtin import make_builtin
from wengert._jit.entry import ArraySpec, NumberSpec, OutputSpec

F64 = np.dtype("float64")
PLUS_ONE = """
define i32 @program(ptr %inputs, ptr %outputs, ptr %arena) {
  %a = load ptr, ptr %inputs
  %o = load ptr, ptr %outputs
  %x = load double, ptr %a
  %y = fadd double %x, 1.0
  store double %y, ptr %o
  %negative = fcmp olt double %x, 0.0
  %code = zext i1 %negative to i32
  ret i32 %code
}
"""


def slow(*arguments: Any) -> Any:
    return ("slow", *arguments)


@pytest.fixture(params=["entry", "ctypes"])
def route(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "ctypes":
        monkeypatch.setattr(interpreter, "layout_is_known", lambda: False)
    return str(request.param)


@pytest.mark.parametrize("release_gil", [False, True])
def test_a_call_returns_a_tuple_of_fresh_arrays(route: str, release_gil: bool) -> None:
    call = make_builtin(
        "f", [ArraySpec(F64, (1,))], [OutputSpec(F64, ())], "program", PLUS_ONE, slow, release_gil
    )
    argument = np.array([3.0])
    (first,) = call(argument)
    (second,) = call(argument)
    assert first == 4.0
    assert first is not second
    assert call(1) == ("slow", 1)
    assert call() == ("slow",)


def test_an_error_code_raises_what_the_factory_makes(route: str) -> None:
    call = make_builtin(
        "f",
        [NumberSpec(float)],
        [OutputSpec(F64, ())],
        "program",
        PLUS_ONE,
        slow,
        False,
        error=lambda code: IndexError(f"code {code}"),
    )
    assert call(0.5)[0] == 1.5
    with pytest.raises(IndexError, match="code 1"):
        call(-0.5)


def test_the_layout_is_known_here() -> None:
    assert interpreter.layout_is_known()
    assert (
        builtin.make_builtin(
            "f", [NumberSpec(float)], [], "program", PLUS_ONE, slow, False
        ).__name__
        == "f"
    )
