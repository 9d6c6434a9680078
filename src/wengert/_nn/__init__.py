"""Modules: layers and losses as objects that hold parameters."""
