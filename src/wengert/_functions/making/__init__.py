"""Tensors made from nothing: filled, spaced, drawn; and questions about dtypes."""
