"""The vocabulary of the engine: records, time, windows, names, errors. Standard library only."""
