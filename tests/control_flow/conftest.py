"""Machine code of tests goes to a folder of their own, never to the user's cache."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from wengert._jit import cache


@pytest.fixture(scope="package", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(cache.VARIABLE, str(tmp_path_factory.mktemp("machine-code")))
        yield
