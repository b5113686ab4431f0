"""topology/lower."""
