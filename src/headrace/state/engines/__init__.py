"""state/engines."""
