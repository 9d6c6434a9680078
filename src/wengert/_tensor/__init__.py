"""The class that users hold: a handle with methods, operators and protocols."""
