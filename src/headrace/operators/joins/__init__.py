"""operators/joins."""
