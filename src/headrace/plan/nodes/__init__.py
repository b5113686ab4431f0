"""plan/nodes."""
