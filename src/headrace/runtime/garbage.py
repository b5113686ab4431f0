"""Python's garbage collector and large caches: what lives long is not scanned again and again."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_THRESHOLDS = (50_000, 20, 100)


@contextmanager
def frozen_objects(policy: str) -> Iterator[None]:
    """With the policy `freeze`: takes all that exists now out of collection, and collects more rarely, until the end."""
    if policy != "freeze":
        yield
        return
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
