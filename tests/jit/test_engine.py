"""Text becomes machine code for the target that was asked for, and is freed again."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys

import pytest

from wengert._jit import engine

ADD = """
define internal double @twice(double %x) alwaysinline {
  %y = fmul double %x, 2.0
  ret double %y
}
define double @add(double %x, double %y) {
  %two = call double @twice(double %y)
  %sum = fadd double %x, %two
  ret double %sum
}
define private double @hidden(double %x) {
  ret double %x
}
define i64 @"a name"() {
  ret i64 7
}
"""
binary = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double, ctypes.c_double)


def test_text_runs_and_exports_what_is_not_internal() -> None:
    library = engine.compile_text(ADD)
    assert binary(library.address("add"))(1.5, 2.0) == 5.5
    assert ctypes.CFUNCTYPE(ctypes.c_int64)(library.address("a name"))() == 7
    with pytest.raises(KeyError):
        library.address("hidden")


def test_two_libraries_may_define_the_same_name() -> None:
    first = engine.compile_text(ADD)
    second = engine.compile_text(ADD.replace("2.0", "3.0"))
    assert binary(first.address("add"))(0.0, 1.0) == 2.0
    assert binary(second.address("add"))(0.0, 1.0) == 3.0


def test_alwaysinline_functions_are_inlined() -> None:
    assert "call" not in engine.assembly(ADD)


def test_text_that_is_wrong_raises() -> None:
    with pytest.raises(RuntimeError, match="parsing error"):
        engine.compile_text("define double @f( {")


def test_an_unknown_target_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WENGERT_TARGET", "x86-65")
    with pytest.raises(ValueError) as caught:
        engine.compile_text(ADD)
    assert str(caught.value) == (
        "WENGERT_TARGET='x86-65' is not a target. Use one of native, x86-64, x86-64-v2, "
        "x86-64-v3, x86-64-v4."
    )


PLACE = """
import sys
from wengert._jit import engine
before = "llvmlite" in sys.modules
text = engine.assembly('''
define <16 x float> @f(<16 x float> %x) {
  %y = fmul <16 x float> %x, %x
  ret <16 x float> %y
}''')
print(before, engine.target().vector_bytes, "zmm" in text, "ymm" in text, "xmm" in text)
"""


@pytest.mark.parametrize(
    ("name", "expected"),
    [("x86-64", "16 False False True"), ("x86-64-v3", "32 False True False")],
)
def test_a_forced_target_uses_its_registers_alone(name: str, expected: str) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", PLACE],
        env={**os.environ, "WENGERT_TARGET": name},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == f"False {expected}"
