"""Engines: ordered bytes in memory or on a disk, changed in atomic batches."""
