"""Session stores whose updates are held back, decoded, until the flush."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Hashable, Iterator, Sequence
from itertools import islice
from operator import itemgetter
from typing import Any, TypeVar

from headrace.core.records import NO_HEADERS, Headers
from headrace.core.windows import Windowed
from headrace.state.api import SessionFold, StoreContext
from headrace.state.codecs import IMMUTABLE
from headrace.state.keys import LARGEST_TIME, session_tail
from headrace.state.memory import AverageSize
from headrace.state.session import SessionTable
from headrace.state.spec import StoreSpec
from headrace.state.write_back import ReadThrough, identity

K = TypeVar("K")
V = TypeVar("V")

Bounds = tuple[int, int]
"""End and start of a session: the order of the store."""

_NEVER = -LARGEST_TIME
"""Before all times."""

_NOT_READ = object()


class KeySessions:
    """All live sessions of one key, decoded.

    Most often it is the newest session of a key that grows with each record, so that its bounds change each time. Such a
    session is kept apart, in fields of its own, until somebody looks at all of them (`settle`): it is the key's last change.

    Attributes:
        live: (end, start, value), sorted; without the growing one.
        known: Bounds of those that overlay or engine, and hence somebody downstream, have heard of.
        dirty: Bounds that changed since the last flush, with the headers of the last change.
        old: Bytes below of changes that were shown to a scan before their flush.
        growing: None, or the last headers of the newest session, whose bounds are new: in none of the above.
        end / start / aggregate: That session.
        others_end: The newest end of the other ones.
        counted: How many sessions the store's memory estimate has for this key.
    """

    __slots__ = ("aggregate", "counted", "dirty", "end", "growing", "known", "live", "old", "others_end", "start")

    def __init__(self, live: list[tuple[int, int, Any]]) -> None:
        self.live = live
        self.known: set[Bounds] = {session[:2] for session in live}
        self.dirty: dict[Bounds, Headers] = {}
        self.old: dict[Bounds, bytes | None] = {}
        self.growing: Headers | None = None
        self.end = self.start = self.others_end = _NEVER
        self.aggregate: Any = None
        self.counted = len(live)

    def value(self, bounds: Bounds) -> Any:
        """The value of a session, None if there is none."""
        at = self.index(bounds)
        return None if at is None else self.live[at][2]

    def index(self, bounds: Bounds) -> int | None:
        """The place of a session in `live`, None if it is not there."""
        live = self.live
        at = bisect_left(live, bounds)
        if at < len(live):
            end, start, _ = live[at]
            if (end, start) == bounds:
                return at
        return None

    def set(self, bounds: Bounds, value: Any) -> None:
        """Sets or (None) removes a session."""
        live = self.live
        at = bisect_left(live, bounds)
        there = at < len(live) and live[at][:2] == bounds
        if value is None:
            if there:
                del live[at]
        elif there:
            live[at] = (*bounds, value)
        else:
            live.insert(at, (*bounds, value))

    def grow_newest(self, start: int, end: int, value: Any, headers: Headers) -> None:
        """Gives the newest session another value, and other bounds that include its own."""
        live, bounds = self.live, (end, start)
        before = live[-1][:2]
        if before != bounds:
            self.note_removed(before, headers)
        if bounds in self.known or bounds in self.old or bounds in self.dirty:
            live[-1] = (end, start, value)
            self.dirty[bounds] = headers
            return
        live.pop()
        self.end, self.start, self.aggregate, self.growing = end, start, value, headers
        self.others_end = live[-1][0] if live else _NEVER

    def note_removed(self, bounds: Bounds, headers: Headers) -> None:
        """Somebody has to be told that a session has gone, unless nobody has heard of it."""
        if bounds in self.known or bounds in self.old:
            self.dirty[bounds] = headers
        else:
            self.dirty.pop(bounds, None)

    def settle(self) -> None:
        """Puts the growing session to the others, as changed like them."""
        if self.growing is not None:
            self.dirty[self.end, self.start] = self.growing
            self.live.append((self.end, self.start, self.aggregate))
            self.growing = self.aggregate = None

    def take_dirty(self) -> dict[Bounds, Headers]:
        """What has changed since the last time."""
        self.settle()
        dirty, self.dirty = self.dirty, {}
        return dirty

    def expire(self, expired: int) -> None:
        """Forgets sessions that ended at a time or before."""
        if self.live and self.live[0][0] <= expired:
            del self.live[: bisect_left(self.live, (expired + 1,))]
            self.known = {bounds for bounds in self.known if bounds[0] > expired}


class CachedSessionTable(SessionTable[K, V]):
    """A session store that keeps all live sessions of a key once it was asked for one.

    A session that came and went since the last flush leaves no trace.
    """

    cached = True

    def __init__(self, spec: StoreSpec, context: StoreContext) -> None:
        super().__init__(spec, context)
        exact = spec.key_format.exact
        self._to_bytes: Callable[[Any], bytes] = self._encode_key if exact else identity
        self._to_key: Callable[[Any], Any] = identity if exact else self._decode_key
        self._to_cache_key: Callable[[Any], Any] = identity if exact else self._encode_key
        self._exact = exact
        self._sessions: ReadThrough[Hashable, KeySessions] = ReadThrough(self._load)
        self._dirty: dict[Hashable, KeySessions] = {}
        self._held = 0
        self._average = AverageSize()
        self._expired_updates: list[tuple[Windowed[K], V | None, Headers]] = []

    def _load(self, cache_key: Any) -> KeySessions:
        decode = self._decode_value
        found = self._find_bytes(self._to_bytes(cache_key), 0, LARGEST_TIME, reverse=False)
        sessions = KeySessions([(end, start, decode(data)) for start, end, data in found])
        self._sessions[cache_key] = sessions
        self._held += 1 + sessions.counted
        return sessions

    def _settled(self, cache_key: Hashable) -> KeySessions:
        sessions = self._sessions[cache_key]
        sessions.settle()
        return sessions

    def find(self, key: K, earliest_end: int, latest_start: int, *, reverse: bool = False) -> Iterator[tuple[int, int, V]]:
        """(start, end, value) of the sessions of one key with end >= earliest_end and start <= latest_start."""
        live = self._settled(key if self._exact else self._encode_key(key)).live
        if not live:
            return iter(())
        if earliest_end <= self._expired:
            earliest_end = self._expired + 1
        if len(live) == 1:
            [(end, start, value)] = live
            return iter(((start, end, value),) if end >= earliest_end and start <= latest_start else ())
        if live[0][0] < earliest_end:
            live = live[bisect_left(live, (earliest_end,)) :]
        found = [(start, end, value) for end, start, value in live if start <= latest_start]
        if reverse:
            found.reverse()
        return iter(found)

    def get(self, key: K, start: int, end: int) -> V | None:
        """One session."""
        if end <= self._expired:
            return None
        found: V | None = self._settled(self._to_cache_key(key)).value((end, start))
        return found

    def get_flushed(self, key: K, start: int, end: int) -> V | None:
        """One session as of the last flush."""
        if end <= self._expired:
            return None
        cache_key: Any = key if self._exact else self._encode_key(key)
        sessions, bounds = self._settled(cache_key), (end, start)
        if bounds not in sessions.dirty:
            found: V | None = sessions.value(bounds)
            return found
        data = sessions.old.get(bounds, _NOT_READ)
        if data is _NOT_READ:
            data = self._overlay.get(self._segments.prefix(end) + self._to_bytes(cache_key) + session_tail(start, end))
        return None if data is None else self._decode_value(data)  # type: ignore[arg-type]

    def put(self, key: K, start: int, end: int, value: V | None, headers: Headers = NO_HEADERS) -> None:
        """Sets or (None) removes one session."""
        if end > self._stream_time:
            self._stream_time_is(end)
        elif end <= self._expired:
            self._expired_updates.append((Windowed(key, start, end), value, headers))
            return
        cache_key: Any = key if self._exact else self._encode_key(key)
        sessions = self._settled(cache_key)
        bounds = (end, start)
        sessions.set(bounds, value)
        if value is None:
            sessions.note_removed(bounds, headers)
        else:
            sessions.dirty[bounds] = headers
        if sessions.dirty:
            self._dirty[cache_key] = sessions

    def replace(
        self,
        key: K,
        found: Sequence[tuple[int, int, V]],
        start: int,
        end: int,
        value: V | None,
        headers: Headers = NO_HEADERS,
    ) -> None:
        """Puts one session in place of those that `find` gave last for the key; at once if it is the newest that grows."""
        cache_key: Any = key if self._exact else self._encode_key(key)
        sessions = self._settled(cache_key)
        if value is None or end <= self._expired or not _newest_grows(sessions, found, start, end):
            super().replace(key, found, start, end, value, headers)
            return
        if end > self._stream_time:
            self._stream_time_is(end)
        sessions.grow_newest(start, end, value, headers)
        self._dirty[cache_key] = sessions

    def folder(
        self,
        gap_ms: int,
        initializer: Callable[[], V],
        aggregator: Callable[[K, Any, V], V | None],
        merger: Callable[[K, V, V], V],
    ) -> SessionFold:
        """A function that folds one value into a session; at once if it is one that has begun to grow, and no other."""
        general, replace = super().folder(gap_ms, initializer, aggregator, merger), self.replace
        if not self._exact:
            return general
        sessions_of = self._sessions

        def fold(key: Any, value: Any, timestamp: int, headers: Headers, earliest_end: int) -> bool:
            sessions = sessions_of[key]
            if sessions.growing is None:
                return general(key, value, timestamp, headers, earliest_end)
            end, start = sessions.end, sessions.start
            lowest = timestamp - gap_ms
            if end < lowest or start > timestamp + gap_ms or sessions.others_end >= lowest or end <= self._expired:
                return general(key, value, timestamp, headers, earliest_end)
            if end < earliest_end and timestamp < earliest_end:
                return False
            after = aggregator(key, value, merger(key, initializer(), sessions.aggregate))
            if after is None:
                replace(key, [(start, end, sessions.aggregate)], min(start, timestamp), max(end, timestamp), None, headers)
                return True
            if timestamp > end:
                sessions.end = timestamp
                if timestamp > self._stream_time:
                    self._stream_time_is(timestamp)
            elif timestamp < start:
                sessions.start = timestamp
            sessions.aggregate = after
            sessions.growing = headers
            return True

        return fold

    def flush(self) -> None:
        """Logs and hands out what differs from the last flush, in the order of the sessions' ends.

        A suppression below takes the newest end for its time: it must have heard that a session was merged into another one
        before it hears of a later one that lets it go.
        Updates of sessions that had expired before are only handed out, as they would be without a cache.
        """
        while self._dirty:
            changed = list(self._dirty.items())
            self._dirty.clear()
            updates = [
                (bounds, cache_key, sessions, headers)
                for cache_key, sessions in changed
                for bounds, headers in sessions.take_dirty().items()
            ]
            updates.sort(key=itemgetter(0))
            for bounds, cache_key, sessions, headers in updates:
                self._flush_one(cache_key, sessions, bounds, headers)
            for _, sessions in changed:
                sessions.expire(self._expired)
                self._held += len(sessions.live) - sessions.counted
                sessions.counted = len(sessions.live)
        late, self._expired_updates = self._expired_updates, []
        for windowed, value, headers in late:
            if self._listener is not None:
                self._listener(windowed, value, None, windowed.end, headers)

    def _flush_one(self, cache_key: Hashable, sessions: KeySessions, bounds: Bounds, headers: Headers) -> None:
        end, start = bounds
        log_key = self._to_bytes(cache_key) + session_tail(start, end)
        at = sessions.index(bounds)
        old_data = sessions.old.pop(bounds, _NOT_READ) if sessions.old else _NOT_READ
        if old_data is _NOT_READ and self._send_old and bounds in sessions.known:
            old_data = self._overlay.get(self._segments.prefix(end) + log_key)
        if at is None:
            value = None
            if bounds not in sessions.known:  # came, was shown to a scan, and went
                self._overlay.put(self._segments.prefix(end) + log_key, None)
                return
            sessions.known.discard(bounds)
            self._write(log_key, end, None)
        else:
            sessions.known.add(bounds)
            value = sessions.live[at][2]
            value_bytes = self._encode_value(value)
            self._average.add(len(log_key) + len(value_bytes))
            self._write(log_key, end, value_bytes)
            if type(value) not in IMMUTABLE:  # the object now belongs to whoever gets it
                sessions.live[at] = (end, start, self._decode_value(value_bytes))
        if self._listener is not None:
            known_old = self._send_old and isinstance(old_data, bytes)
            old = self._decode_value(old_data) if known_old else None  # type: ignore[arg-type]
            self._listener(Windowed(self._to_key(cache_key), start, end), value, old, end, headers)

    def _sync(self) -> None:
        """Shows changes to scans: writes them to the overlay, and remembers what was below for the flush to come."""
        for cache_key, sessions in self._dirty.items():
            key_bytes = self._to_bytes(cache_key)
            sessions.settle()
            for bounds in sessions.dirty:
                end, start = bounds
                engine_key = self._segments.prefix_for_put(end) + key_bytes + session_tail(start, end)
                if bounds not in sessions.old:
                    sessions.old[bounds] = self._overlay.get(engine_key)
                value = sessions.value(bounds)
                self._overlay.put(engine_key, None if value is None else self._encode_value(value))

    def find_keys(
        self, low: K | None, high: K | None, earliest_end: int, latest_start: int, *, reverse: bool = False
    ) -> Iterator[tuple[Windowed[K], V]]:
        """The same over a range of keys, both inclusive, None is open, by end, then start, then key."""
        self._sync()
        return super().find_keys(low, high, earliest_end, latest_start, reverse=reverse)

    def ended_between(self, earliest_end: int, latest_end: int) -> Iterator[tuple[Windowed[K], V]]:
        """Sessions of all keys whose end lies in the interval, both inclusive, by end, then key bytes."""
        self._sync()
        return super().ended_between(earliest_end, latest_end)

    def _unflushed(self) -> bool:
        return bool(self._dirty)

    def close(self) -> None:
        """Closes the engine; what was not flushed is forgotten."""
        super().close()
        self._clear()

    def _reread(self) -> None:
        super()._reread()
        self._clear()

    def _clear(self) -> None:
        self._sessions.clear()
        self._dirty.clear()
        self._expired_updates.clear()
        self._held = 0

    def memory_bytes(self) -> int:
        """About how much memory changes and cached sessions take."""
        return super().memory_bytes() + self._average.decoded_bytes(self._held)

    def release(self, share: float) -> None:
        """Drops the sessions of about this share of the keys, the oldest first."""
        for cache_key in list(islice(self._sessions, int(len(self._sessions) * share) + 1)):
            if cache_key not in self._dirty:
                self._held -= 1 + self._sessions.pop(cache_key).counted


def _newest_grows(sessions: KeySessions, found: Sequence[tuple[int, int, Any]], start: int, end: int) -> bool:
    if len(found) != 1 or not sessions.live:
        return False
    newest_end, newest_start, _ = sessions.live[-1]
    return found[0][:2] == (newest_start, newest_end) and start <= newest_start and end >= newest_end
