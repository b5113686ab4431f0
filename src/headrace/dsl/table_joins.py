"""Joins of a table with a table, by key or by a foreign key."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from headrace.dsl import foreign_key_join, ktable
from headrace.dsl.arguments import option
from headrace.dsl.graph import caller_line
from headrace.dsl.state import TableState, same_builder
from headrace.dsl.stores import key_value_store
from headrace.plan import kinds
from headrace.plan.nodes.table import TableTableJoin
from headrace.plan.options import Materialized, TableJoined

K = TypeVar("K")
V = TypeVar("V")
V2 = TypeVar("V2")
FK = TypeVar("FK")
Out = TypeVar("Out")

_KINDS = {"inner": kinds.TABLE_JOIN, "left": kinds.TABLE_LEFT_JOIN, "outer": kinds.TABLE_OUTER_JOIN}


class TableJoins(Generic[K, V]):
    """Joins of `KTable`. The result follows updates of either side. The side that may be missing is given as None."""

    state: TableState

    def join(
        self,
        other: ktable.KTable[K, V2],
        joiner: Callable[[V, V2], Out],
        materialized: Materialized[K, Out] | None = None,
        *,
        name: str | None = None,
    ) -> ktable.KTable[K, Out]:
        """Joins by key; a key has a result while both tables have it.

        >>> from headrace import StreamsBuilder
        >>> from headrace.testing import TestDriver
        >>> builder = StreamsBuilder()
        >>> users, scores = builder.table("users"), builder.table("scores")
        >>> users.join(scores, lambda user, score: [user, score]).to_stream().to("joined")
        >>> with TestDriver(builder.build()) as driver:
        ...     driver.topic("users").pipe("ann", "Ann")
        ...     driver.topic("scores").pipe("ann", 7)
        ...     driver.topic("scores").pipe("bob", 3)
        ...     driver.topic("joined").key_values()
        [('ann', ['Ann', 7])]
        """
        return self._joined("inner", other, joiner, materialized, name)

    def left_join(
        self,
        other: ktable.KTable[K, V2],
        joiner: Callable[[V, V2 | None], Out],
        materialized: Materialized[K, Out] | None = None,
        *,
        name: str | None = None,
    ) -> ktable.KTable[K, Out]:
        """Joins by key; a key has a result while this table has it.

        >>> from headrace import StreamsBuilder
        >>> from headrace.testing import TestDriver
        >>> builder = StreamsBuilder()
        >>> users, scores = builder.table("users"), builder.table("scores")
        >>> users.left_join(scores, lambda user, score: [user, score]).to_stream().to("joined")
        >>> with TestDriver(builder.build()) as driver:
        ...     driver.topic("users").pipe("ann", "Ann")
        ...     driver.topic("scores").pipe("ann", 7)
        ...     driver.topic("scores").pipe("bob", 3)
        ...     driver.topic("joined").key_values()
        [('ann', ['Ann', None]), ('ann', ['Ann', 7])]
        """
        return self._joined("left", other, joiner, materialized, name)

    def outer_join(
        self,
        other: ktable.KTable[K, V2],
        joiner: Callable[[V | None, V2 | None], Out],
        materialized: Materialized[K, Out] | None = None,
        *,
        name: str | None = None,
    ) -> ktable.KTable[K, Out]:
        """Joins by key; a key has a result while either table has it.

        >>> from headrace import StreamsBuilder
        >>> from headrace.testing import TestDriver
        >>> builder = StreamsBuilder()
        >>> users, scores = builder.table("users"), builder.table("scores")
        >>> users.outer_join(scores, lambda user, score: [user, score]).to_stream().to("joined")
        >>> with TestDriver(builder.build()) as driver:
        ...     driver.topic("users").pipe("ann", "Ann")
        ...     driver.topic("scores").pipe("ann", 7)
        ...     driver.topic("scores").pipe("bob", 3)
        ...     driver.topic("joined").key_values()
        [('ann', ['Ann', None]), ('ann', ['Ann', 7]), ('bob', [None, 3])]
        """
        return self._joined("outer", other, joiner, materialized, name)

    def join_on(
        self,
        other: ktable.KTable[FK, V2],
        foreign_key: Callable[[K, V], FK | None],
        joiner: Callable[[V, V2], Out],
        joined: TableJoined[K, FK] | None = None,
        materialized: Materialized[K, Out] | None = None,
    ) -> ktable.KTable[K, Out]:
        """Joins by a foreign key: `foreign_key(key, value)` is the other table's key. Source of the semantics: KIP-213.

        A row has a result while its foreign key is there; None has no result. Rows follow their foreign row's updates.

        >>> from headrace import StreamsBuilder
        >>> from headrace.testing import TestDriver
        >>> builder = StreamsBuilder()
        >>> orders, customers = builder.table("orders"), builder.table("customers")
        >>> joined = orders.join_on(customers, lambda key, order: order["of"], lambda order, name: [order["item"], name])
        >>> joined.to_stream().to("joined")
        >>> with TestDriver(builder.build()) as driver:
        ...     driver.topic("customers").pipe("c1", "Ann")
        ...     driver.topic("orders").pipe_all([("o1", {"of": "c1", "item": "tea"}), ("o2", {"of": "c9", "item": "milk"})])
        ...     driver.topic("joined").key_values()
        [('o1', ['tea', 'Ann'])]
        """
        left, right = self.state, other.state
        return ktable.KTable(
            foreign_key_join.joined(left, right, foreign_key_join.Join("inner", foreign_key, joiner), joined, materialized)
        )

    def left_join_on(
        self,
        other: ktable.KTable[FK, V2],
        foreign_key: Callable[[K, V], FK | None],
        joiner: Callable[[V, V2 | None], Out],
        joined: TableJoined[K, FK] | None = None,
        materialized: Materialized[K, Out] | None = None,
    ) -> ktable.KTable[K, Out]:
        """Joins as `join_on` does, and keeps rows without a foreign row: the joiner gets None for it.

        >>> from headrace import StreamsBuilder
        >>> from headrace.testing import TestDriver
        >>> builder = StreamsBuilder()
        >>> orders, customers = builder.table("orders"), builder.table("customers")
        >>> joined = orders.left_join_on(customers, lambda key, order: order["of"], lambda order, name: [order["item"], name])
        >>> joined.to_stream().to("joined")
        >>> with TestDriver(builder.build()) as driver:
        ...     driver.topic("customers").pipe("c1", "Ann")
        ...     driver.topic("orders").pipe_all([("o1", {"of": "c1", "item": "tea"}), ("o2", {"of": "c9", "item": "milk"})])
        ...     driver.topic("joined").key_values()
        [('o1', ['tea', 'Ann']), ('o2', ['milk', None])]
        """
        left, right = self.state, other.state
        return ktable.KTable(
            foreign_key_join.joined(left, right, foreign_key_join.Join("left", foreign_key, joiner), joined, materialized)
        )

    def _joined(
        self,
        how: str,
        other: ktable.KTable[K, Any],
        joiner: Callable[..., Any],
        options: Materialized[K, Any] | None,
        name: str | None,
    ) -> ktable.KTable[K, Any]:
        left, right, graph = self.state, other.state, self.state.graph
        same_builder(graph, right.graph, "a join")
        kind = _KINDS[how]
        scope = graph.names.scope(kind, left.node.name, name)
        store = None
        if options is not None:
            store_name = graph.store_name(option(options, Materialized).name, scope, kind.prefix)
            key_format = graph.key_format(options.key, left.key)
            store = key_value_store(store_name, options, key_format, graph.value_format(options.value))
        node = TableTableJoin(
            name=graph.names.part(scope, "", kind),
            line=caller_line(),
            left=left.node,
            right=right.node,
            left_name=graph.names.part(scope, "-join-this", kinds.TABLE_JOIN_THIS),
            right_name=graph.names.part(scope, "-join-other", kinds.TABLE_JOIN_OTHER),
            how=how,
            joiner=joiner,
            store=store,
        )
        graph.add(node, node.left_name, node.right_name, stores=(store,))
        key, value = (options.key or left.key, options.value) if options is not None else (left.key, None)
        versioned = options is not None and options.history_ms is not None
        return ktable.KTable(TableState(graph, node, key, value, store.name if store else None, versioned))
