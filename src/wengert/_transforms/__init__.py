"""Walks over the record: reverse, forward, batching, and what is built from them."""
