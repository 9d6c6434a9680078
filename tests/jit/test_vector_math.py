"""The native elementwise functions: table of coefficients, text."""

from __future__ import annotations

from wengert._jit import engine, vector_math

from . import fit_coefficients


def test_the_table_of_coefficients_is_what_its_generator_writes() -> None:
    assert fit_coefficients.TABLE.read_text(encoding="utf-8") == fit_coefficients.table()


def test_functions_come_once_with_what_they_call() -> None:
    text = vector_math.functions([("sin", "f32", 8), ("cos", "f32", 8), ("sin", "f32", 8)])
    assert text.count("@w.sin.f32.v8(<8 x float> %x0) alwaysinline") == 1
    assert text.count("define") == 4
    engine.compile_text(text)
