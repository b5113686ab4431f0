"""Segments: engine keys begin with the number of a span of time, so that old spans are dropped as ranges."""

from __future__ import annotations

from collections.abc import Sequence

from headrace.state.engines.api import Engine
from headrace.state.keys import LARGEST_TIME

_SMALLEST_INTERVAL_MS = 60_000


class Segments:
    """The segments that a store has, and the bytes that stand in front of their keys.

    A segment is as long as in Kafka Streams: half the retention, at least a minute. A rollback may leave segments here
    that are empty, which does no harm.
    """

    def __init__(self, retention_ms: int, engine: Engine) -> None:
        self.interval_ms = max(retention_ms // 2, _SMALLEST_INTERVAL_MS)
        self._prefixes: dict[int, bytes] = {}
        self.reread(engine)

    def reread(self, engine: Engine) -> None:
        """Finds out which segments the engine has, with one seek for each."""
        self._prefixes.clear()
        low = b""
        while (entry := next(engine.scan(low, None), None)) is not None:
            segment = int.from_bytes(entry[0][:8], "big")
            self._prefixes[segment] = entry[0][:8]
            low = (segment + 1).to_bytes(8, "big")

    def prefix(self, time: int) -> bytes:
        """The first bytes of all keys of the segment that a time falls into."""
        return (time // self.interval_ms).to_bytes(8, "big")

    def prefix_for_put(self, time: int) -> bytes:
        """The same, and the segment is there from now on."""
        segment = time // self.interval_ms
        found = self._prefixes.get(segment)
        if found is None:
            found = self._prefixes[segment] = segment.to_bytes(8, "big")
        return found

    def between(self, low: int, high: int, *, reverse: bool = False) -> list[bytes]:
        """Prefixes of the segments that two times and all between them fall into, ascending or reversed."""
        if high < low:
            return []
        first, last = max(low, 0) // self.interval_ms, min(high, LARGEST_TIME) // self.interval_ms
        found = sorted((segment for segment in self._prefixes if first <= segment <= last), reverse=reverse)
        return [self._prefixes[segment] for segment in found]

    def drop_before(self, time: int) -> Sequence[tuple[bytes, bytes]]:
        """Forgets the segments that lie wholly before a time; the range of their keys, if there are any."""
        first_live = max(time, 0) // self.interval_ms
        dead = [segment for segment in self._prefixes if segment < first_live]
        if not dead:
            return ()
        for segment in dead:
            del self._prefixes[segment]
        return ((min(dead).to_bytes(8, "big"), first_live.to_bytes(8, "big")),)
