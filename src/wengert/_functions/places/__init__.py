"""Elements at places: read, written, gathered, scattered."""
