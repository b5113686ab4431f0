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

        >>> from headrace.dsl.builder import StreamsBuilder
        >>> builder = StreamsBuilder()
        >>> clicks, views = builder.stream("clicks"), builder.stream("views")
        >>> clicks.join(views, lambda click, view: (click, view), JoinWindows.within("5m", grace="10s")).name
        'clicks-join-merge'
        >>> clicks.join(builder.table("users"), lambda click, user: (click, user)).name
        'clicks-join-2'
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

        >>> from headrace.dsl.builder import StreamsBuilder
        >>> builder = StreamsBuilder()
        >>> clicks, users = builder.stream("clicks"), builder.table("users")
        >>> clicks.join_with_key(users, lambda key, click, user: (key, click, user)).name
        'clicks-join'
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

        >>> from headrace.dsl.builder import StreamsBuilder
        >>> builder = StreamsBuilder()
        >>> clicks, pages = builder.stream("clicks"), builder.global_table("pages")
        >>> clicks.left_join(pages, lambda click, page: (click, page), key=lambda user, click: click["page"]).name
        'clicks-left-join'
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

        >>> from headrace.dsl.builder import StreamsBuilder
        >>> builder = StreamsBuilder()
        >>> clicks, users = builder.stream("clicks"), builder.table("users")
        >>> clicks.left_join_with_key(users, lambda key, click, user: (key, click, user)).name
        'clicks-left-join'
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

        >>> from headrace.dsl.builder import StreamsBuilder
        >>> builder = StreamsBuilder()
        >>> orders, payments = builder.stream("orders"), builder.stream("payments")
        >>> windows = JoinWindows.within("1h", grace="5m")
        >>> orders.outer_join(payments, lambda order, payment: (order, payment), windows).name
        'orders-outer-join-merge'
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

        >>> from headrace.dsl.builder import StreamsBuilder
        >>> builder = StreamsBuilder()
        >>> orders, payments = builder.stream("orders"), builder.stream("payments")
        >>> windows = JoinWindows.within("1h", grace="5m")
        >>> orders.outer_join_with_key(payments, lambda key, order, payment: (key, order, payment), windows).name
        'orders-outer-join-merge'
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
