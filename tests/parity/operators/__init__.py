"""PyTorch's operator database (`op_db`) run over Wengert: `python -m tests.parity.operators`."""
