"""Other shapes of the same elements: views, copies of views, joined, split, rearranged."""
