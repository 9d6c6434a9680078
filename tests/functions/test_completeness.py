"""Every public function is called in some test, or stands in some test's table."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any

import pytest

from wengert._functions import top_level

FACES = [
    "wengert",
    "wengert.fft",
    "wengert.linalg",
    "wengert.masked",
    "wengert.nn.functional",
    "wengert.signal.windows",
    "wengert.special",
]
TESTS = Path(__file__).parents[1]
FUNCTIONS = TESTS.parent / "src" / "wengert" / "_functions"
WORDS = {
    word
    for path in TESTS.rglob("*.py")
    if path.relative_to(TESTS).parts[0] != "parity" and path != Path(__file__)
    for word in re.findall(r"\w+", path.read_text(encoding="utf-8"))
}


def untested(face: Any, words: set[str]) -> list[str]:
    """The public functions whose names are not among the words."""
    return [
        name
        for name in face.__all__
        if callable(getattr(face, name))
        and not isinstance(getattr(face, name), type)
        and name not in words
    ]


@pytest.mark.parametrize("face", FACES)
def test_every_public_function_is_tested(face: str) -> None:
    assert untested(importlib.import_module(face), WORDS) == []


@pytest.mark.parametrize("path", sorted(FUNCTIONS.glob("*/*.py")), ids=lambda path: path.stem)
def test_what_a_module_of_functions_names_is_at_the_top_level(path: Path) -> None:
    module = importlib.import_module(f"wengert._functions.{path.parent.name}.{path.stem}")
    assert set(getattr(module, "__all__", ())) <= set(top_level.__all__)


def test_a_function_without_a_test_is_noticed() -> None:
    assert untested(importlib.import_module("wengert.fft"), WORDS - {"ihfft"}) == ["ihfft"]
