"""The commit: positions, outputs and state changes of one interval become visible together or not at all."""
