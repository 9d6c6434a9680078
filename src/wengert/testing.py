"""Assertions for tests, after torch.testing."""

from ._functions.elementwise.closeness import assert_close

__all__ = ["assert_close"]
