"""Wengert timed beside its peers: one file for each question, all run by `python -m benchmarks`."""
