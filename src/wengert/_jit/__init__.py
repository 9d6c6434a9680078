"""The compiler: from a recorded graph to native code."""
