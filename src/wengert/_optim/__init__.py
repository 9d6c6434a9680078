"""Optimisers: rules that move parameters along their gradients."""
