"""Joins of a stream with a stream, a table or a global table.

A stream-stream join pairs records of one key that are close in time (JoinWindows). A stream-table join looks each record's key
up in the table. A join with a global table looks any key up, without repartitioning.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

from headrace.core.windows import JoinWindows
from headrace.dsl import join_nodes, kstream, ktable
from headrace.dsl.state import StreamState
from headrace.plan.options import Joined, StreamJoined

K = TypeVar("K")
V = TypeVar("V")
V2 = TypeVar("V2")
GK = TypeVar("GK")
Out = TypeVar("Out")


class Joins(Generic[K, V]):
    """Joins of `KStream`. The side that may be missing is given to the joiner as None."""

    state: StreamState

    @overload
    def join(
        self,
        other: kstream.KStream[K, V2],
        joiner: Callable[[V, V2], Out],
        windows: JoinWindows,
        joined: StreamJoined[K, V, V2] | None = None,
    ) -> kstream.KStream[K, Out]: ...
    @overload
    def join(
        self,
        other: ktable.KTable[K, V2],
        joiner: Callable[[V, V2], Out],
        joined: Joined[K, V, V2] | None = None,
    ) -> kstream.KStream[K, Out]: ...
    @overload
    def join(
        self,
        other: ktable.GlobalKTable[GK, V2],
        joiner: Callable[[V, V2], Out],
        *,
        key: Callable[[K, V], GK | None],
        name: str | None = None,
    ) -> kstream.KStream[K, Out]: ...
    def join(self, other: Any, joiner: Callable[..., Any], *options: Any, **named: Any) -> kstream.KStream[K, Any]:
        """Joins with a stream (within windows), a table or a global table (by `key(key, value)`); both sides must be there.

        >>> from headrace import JoinWindows, StreamsBuilder
        >>> from headrace.testing import TestDriver
        >>> builder = StreamsBuilder()
        >>> clicks, views = builder.stream("clicks"), builder.stream("views")
        >>> windows = JoinWindows.within("5m", grace="10s")
        >>> clicks.join(views, lambda click, view: [click, view], windows).to("joined")
        >>> with TestDriver(builder.build()) as driver:
        ...     driver.topic("clicks").pipe("ann", "click", 0)
        ...     driver.topic("views").pipe_all([("ann", "view", 60_000), ("bob", "view", 70_000), ("eve", "view", 700_000)])
        ...     driver.topic("joined").key_values()
        [('ann', ['click', 'view'])]
        """
        return self._joined("inner", other, joiner, options, named)

    @overload
    def join_with_key(
        self,
        other: kstream.KStream[K, V2],
        joiner: Callable[[K, V, V2], Out],
        windows: JoinWindows,
        joined: StreamJoined[K, V, V2] | None = None,
    ) -> kstream.KStream[K, Out]: ...
    @overload
    def join_with_key(
        self,
        other: ktable.KTable[K, V2],
        joiner: Callable[[K, V, V2], Out],
        joined: Joined[K, V, V2] | None = None,
    ) -> kstream.KStream[K, Out]: ...
    @overload
    def join_with_key(
        self,
        other: ktable.GlobalKTable[GK, V2],
        joiner: Callable[[K, V, V2], Out],
        *,
        key: Callable[[K, V], GK | None],
        name: str | None = None,
    ) -> kstream.KStream[K, Out]: ...
    def join_with_key(self, other: Any, joiner: Callable[..., Any], *options: Any, **named: Any) -> kstream.KStream[K, Any]:
        """`join` with a joiner that gets the key first.

        >>> from headrace import StreamsBuilder
        >>> from headrace.testing import TestDriver
        >>> builder = StreamsBuilder()
        >>> clicks, users = builder.stream("clicks"), builder.table("users")
        >>> clicks.join_with_key(users, lambda key, page, name: [key, page, name]).to("joined")
        >>> with TestDriver(builder.build()) as driver:
        ...     driver.topic("users").pipe("ann", "Ann")
        ...     driver.topic("clicks").pipe_all([("ann", "/"), ("bob", "/")])
        ...     driver.topic("joined").key_values()
        [('ann', ['ann', '/', 'Ann'])]
        """
        return self._joined("inner", other, joiner, options, named, with_key=True)

    @overload
    def left_join(
        self,
        other: kstream.KStream[K, V2],
        joiner: Callable[[V, V2 | None], Out],
        windows: JoinWindows,
        joined: StreamJoined[K, V, V2] | None = None,
    ) -> kstream.KStream[K, Out]: ...
    @overload
    def left_join(
        self,
        other: ktable.KTable[K, V2],
        joiner: Callable[[V, V2 | None], Out],
        joined: Joined[K, V, V2] | None = None,
    ) -> kstream.KStream[K, Out]: ...
    @overload
    def left_join(
        self,
        other: ktable.GlobalKTable[GK, V2],
        joiner: Callable[[V, V2 | None], Out],
        *,
        key: Callable[[K, V], GK | None],
        name: str | None = None,
    ) -> kstream.KStream[K, Out]: ...
    def left_join(self, other: Any, joiner: Callable[..., Any], *options: Any, **named: Any) -> kstream.KStream[K, Any]:
        """Joins as `join` does, and keeps records of this stream that find nothing: the joiner gets None for the other side.

        >>> from headrace import StreamsBuilder
        >>> from headrace.testing import TestDriver
        >>> builder = StreamsBuilder()
        >>> clicks, users = builder.stream("clicks"), builder.table("users")
        >>> clicks.left_join(users, lambda page, name: [page, name]).to("joined")
        >>> with TestDriver(builder.build()) as driver:
        ...     driver.topic("users").pipe("ann", "Ann")
        ...     driver.topic("clicks").pipe_all([("ann", "/"), ("bob", "/")])
        ...     driver.topic("joined").key_values()
        [('ann', ['/', 'Ann']), ('bob', ['/', None])]
        """
        return self._joined("left", other, joiner, options, named)

    @overload
    def left_join_with_key(
        self,
        other: kstream.KStream[K, V2],
        joiner: Callable[[K, V, V2 | None], Out],
        windows: JoinWindows,
        joined: StreamJoined[K, V, V2] | None = None,
    ) -> kstream.KStream[K, Out]: ...
    @overload
    def left_join_with_key(
        self,
        other: ktable.KTable[K, V2],
        joiner: Callable[[K, V, V2 | None], Out],
        joined: Joined[K, V, V2] | None = None,
    ) -> kstream.KStream[K, Out]: ...
    @overload
    def left_join_with_key(
        self,
        other: ktable.GlobalKTable[GK, V2],
        joiner: Callable[[K, V, V2 | None], Out],
        *,
        key: Callable[[K, V], GK | None],
        name: str | None = None,
    ) -> kstream.KStream[K, Out]: ...
    def left_join_with_key(
        self, other: Any, joiner: Callable[..., Any], *options: Any, **named: Any
    ) -> kstream.KStream[K, Any]:
        """`left_join` with a joiner that gets the key first.

        >>> from headrace import StreamsBuilder
        >>> from headrace.testing import TestDriver
        >>> builder = StreamsBuilder()
        >>> clicks, pages = builder.stream("clicks"), builder.global_table("pages")
        >>> joined = clicks.left_join_with_key(pages, lambda user, page, title: [user, title], key=lambda user, page: page)
        >>> joined.to("joined")
        >>> with TestDriver(builder.build()) as driver:
        ...     driver.topic("pages").pipe("/", "Home")
        ...     driver.topic("clicks").pipe_all([("ann", "/"), ("bob", "/x")])
        ...     driver.topic("joined").values()
        [['ann', 'Home'], ['bob', None]]
        """
        return self._joined("left", other, joiner, options, named, with_key=True)

    def outer_join(
        self,
        other: kstream.KStream[K, V2],
        joiner: Callable[[V | None, V2 | None], Out],
        windows: JoinWindows,
        joined: StreamJoined[K, V, V2] | None = None,
    ) -> kstream.KStream[K, Out]:
        """Joins two streams, and keeps records of either side that find nothing: the joiner gets None for the other side.

        >>> from headrace import JoinWindows, StreamsBuilder
        >>> from headrace.testing import TestDriver
        >>> builder = StreamsBuilder()
        >>> clicks, views = builder.stream("clicks"), builder.stream("views")
        >>> windows = JoinWindows.within("5m", grace="10s")
        >>> clicks.outer_join(views, lambda click, view: [click, view], windows).to("joined")
        >>> with TestDriver(builder.build(), emit_interval_ms=0) as driver:
        ...     driver.topic("clicks").pipe("ann", "click", 0)
        ...     driver.topic("views").pipe_all([("ann", "view", 60_000), ("bob", "view", 70_000), ("eve", "view", 700_000)])
        ...     driver.topic("joined").key_values()
        [('ann', ['click', 'view']), ('bob', [None, 'view'])]
        """
        return self._joined("outer", other, joiner, (windows, joined), {})

    def outer_join_with_key(
        self,
        other: kstream.KStream[K, V2],
        joiner: Callable[[K, V | None, V2 | None], Out],
        windows: JoinWindows,
        joined: StreamJoined[K, V, V2] | None = None,
    ) -> kstream.KStream[K, Out]:
        """`outer_join` with a joiner that gets the key first.

        >>> from headrace import JoinWindows, StreamsBuilder
        >>> from headrace.testing import TestDriver
        >>> builder = StreamsBuilder()
        >>> clicks, views = builder.stream("clicks"), builder.stream("views")
        >>> windows = JoinWindows.within("5m", grace="10s")
        >>> clicks.outer_join_with_key(views, lambda key, click, view: [key, click, view], windows).to("joined")
        >>> with TestDriver(builder.build(), emit_interval_ms=0) as driver:
        ...     driver.topic("clicks").pipe("ann", "click", 0)
        ...     driver.topic("views").pipe_all([("ann", "view", 60_000), ("bob", "view", 70_000), ("eve", "view", 700_000)])
        ...     driver.topic("joined").key_values()
        [('ann', ['ann', 'click', 'view']), ('bob', ['bob', None, 'view'])]
        """
        return self._joined("outer", other, joiner, (windows, joined), {}, with_key=True)

    def _joined(
        self,
        how: str,
        other: Any,
        joiner: Callable[..., Any],
        options: tuple[Any, ...],
        named: dict[str, Any],
        *,
        with_key: bool = False,
    ) -> kstream.KStream[K, Any]:
        join = join_nodes.Join(how, joiner, with_key)
        if isinstance(other, kstream.KStream):
            return kstream.KStream(join_nodes.join_streams(self.state, other.state, join, *options, **named))
        if isinstance(other, ktable.KTable):
            return kstream.KStream(join_nodes.join_table(self.state, other.state, join, *options, **named))
        if isinstance(other, ktable.GlobalKTable):
            return kstream.KStream(join_nodes.join_global(self.state, other, join, *options, **named))
        message = f"a stream joins a KStream, KTable or GlobalKTable, not {type(other).__name__}"
        raise TypeError(message)
