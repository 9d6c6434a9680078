"""Automatic differentiation for Python: one tape for eager code, transforms and native code."""
