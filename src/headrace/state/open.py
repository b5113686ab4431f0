"""The way in: from what a store is to a store that is open."""

from __future__ import annotations

from typing import assert_never

from headrace.state.api import Store, StoreContext
from headrace.state.cached_key_value import CachedTableStore
from headrace.state.cached_session import CachedSessionTable
from headrace.state.cached_window import CachedWindowTable
from headrace.state.join_window import JoinWindowTable
from headrace.state.key_value import TableStore
from headrace.state.key_value_views import PlainKeyValueStore
from headrace.state.lru import LruTable
from headrace.state.outer_join_buffer import OuterJoinTable
from headrace.state.session import SessionTable
from headrace.state.spec import StoreKind, StoreSpec
from headrace.state.stream_table_buffer import StreamTableTable
from headrace.state.suppress_buffer import SuppressTable
from headrace.state.versioned import VersionedTable
from headrace.state.window import WindowTable


def open_store(spec: StoreSpec, context: StoreContext) -> Store:  # noqa: PLR0911 (one kind, one return)
    """Opens a store of a task with what its engine holds: the kind's protocol of `state.api`.

    `caching` is taken up by key-value, window (without duplicates) and session stores; the others have `cached` False.

    Raises:
        StoreCorruptError: Its engine is damaged.
    """
    match spec.kind:
        case StoreKind.KEY_VALUE:
            return PlainKeyValueStore(_table(spec, context, timestamped=False))
        case StoreKind.TIMESTAMPED_KEY_VALUE:
            return _table(spec, context, timestamped=True)
        case StoreKind.LRU:
            return PlainKeyValueStore(LruTable(spec, context))
        case StoreKind.WINDOW | StoreKind.TIMESTAMPED_WINDOW:
            return _windows(spec, context, timestamped=spec.kind is StoreKind.TIMESTAMPED_WINDOW)
        case StoreKind.SESSION:
            return CachedSessionTable(spec, context) if spec.caching else SessionTable(spec, context)
        case StoreKind.VERSIONED:
            return VersionedTable(spec, context)
        case StoreKind.SUPPRESS_BUFFER:
            return SuppressTable(spec, context)
        case StoreKind.OUTER_JOIN_BUFFER:
            return OuterJoinTable(spec, context)
        case StoreKind.STREAM_TABLE_BUFFER:
            return StreamTableTable(spec, context)
        case _:
            assert_never(spec.kind)


def _table(spec: StoreSpec, context: StoreContext, *, timestamped: bool) -> TableStore[object, object]:
    kind = CachedTableStore if spec.caching else TableStore
    return kind(spec, context, timestamped=timestamped)


def _windows(spec: StoreSpec, context: StoreContext, *, timestamped: bool) -> WindowTable[object, object]:
    if spec.retain_duplicates:
        return JoinWindowTable(spec, context, timestamped=timestamped)
    kind = CachedWindowTable if spec.caching else WindowTable
    return kind(spec, context, timestamped=timestamped)
