"""Fourier transforms, whole and of short pieces, and the windows for them."""
