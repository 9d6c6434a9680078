"""Composites: plain functions of primitives, with PyTorch's names and arguments."""
