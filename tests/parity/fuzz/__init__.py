"""Random programs under PyTorch and under Wengert: `python -m tests.parity.fuzz`."""
