"""What every test shares: a generator whose seed a failing test shows, and Hypothesis settings."""

from __future__ import annotations

import os
import zlib

import hypothesis
import numpy
import pytest

# No deadline: a test must not fail because the machine is busy.
hypothesis.settings.register_profile("wengert", deadline=None, print_blob=True)
hypothesis.settings.load_profile("wengert")


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> numpy.random.Generator:
    """Random numbers of this test's own; WENGERT_SEED=N repeats or varies them."""
    chosen = os.environ.get("WENGERT_SEED")
    seed = int(chosen) if chosen else zlib.crc32(request.node.name.encode())
    print(f"repeat with WENGERT_SEED={seed}")
    return numpy.random.default_rng(seed)
