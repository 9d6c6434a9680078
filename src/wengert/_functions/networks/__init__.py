"""What the layers of `nn` compute."""
