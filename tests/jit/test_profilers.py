"""Tracing watches which code runs; the user's own profiler goes on afterwards."""

from __future__ import annotations

import cProfile
import pstats
import sys
from typing import Any

import pytest

import wengert as wg


def after(x: Any) -> Any:
    return x


def failing(x: Any) -> Any:
    raise KeyError("mine")


def test_cprofile_goes_on() -> None:
    step = wg.jit(lambda x: x * 2.0)
    profiler = cProfile.Profile()
    profiler.enable()
    out = after(step(wg.ones(3)))
    profiler.disable()
    assert out.tolist() == [2.0, 2.0, 2.0]
    seen = {name for _, _, name in pstats.Stats(profiler).stats}  # type: ignore[attr-defined]
    assert "after" in seen


@pytest.mark.parametrize("fails", [False, True])
def test_a_profile_function_is_put_back(fails: bool) -> None:
    def profile(frame: Any, event: str, argument: Any) -> None:
        pass

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        if fails:
            with pytest.raises(KeyError, match="mine"):
                wg.jit(failing)(wg.ones(3))
        else:
            wg.jit(after)(wg.ones(3))
        found = sys.getprofile()
    finally:
        sys.setprofile(before)
    assert found is profile
