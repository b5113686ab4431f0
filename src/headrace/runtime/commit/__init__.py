"""runtime/commit."""
