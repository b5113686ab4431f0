"""The way in: from what a store is to a store that is open."""

from __future__ import annotations

from headrace.state.api import Store, StoreContext
from headrace.state.cached_key_value import CachedTableStore
from headrace.state.cached_session import CachedSessionTable
from headrace.state.cached_window import CachedWindowTable
from headrace.state.key_value import TableStore
from headrace.state.key_value_views import PlainKeyValueStore
from headrace.state.lru import LruTable
from headrace.state.session import SessionTable
from headrace.state.spec import StoreKind, StoreSpec
from headrace.state.versioned import VersionedTable
from headrace.state.window import WindowTable


def open_store(spec: StoreSpec, context: StoreContext) -> Store:
    """Opens a store of a task, with what its engine holds.

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
            windows = CachedWindowTable if spec.caching and not spec.retain_duplicates else WindowTable
            return windows(spec, context, timestamped=spec.kind is StoreKind.TIMESTAMPED_WINDOW)
        case StoreKind.SESSION:
            return CachedSessionTable(spec, context) if spec.caching else SessionTable(spec, context)
        case StoreKind.VERSIONED:
            return VersionedTable(spec, context)
        case _:
            raise NotImplementedError


def _table(spec: StoreSpec, context: StoreContext, *, timestamped: bool) -> TableStore[object, object]:
    kind = CachedTableStore if spec.caching else TableStore
    return kind(spec, context, timestamped=timestamped)
