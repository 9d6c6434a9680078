"""The record itself: nodes, the handles that point at them, and graphs cut out of them."""
