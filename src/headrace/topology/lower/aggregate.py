"""Aggregations of streams: plain, by time window, by session, cogrouped."""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from headrace.core.errors import TopologyError
from headrace.core.windows import HoppingWindows, SessionWindows, SlidingWindows, TumblingWindows, UnlimitedWindows
from headrace.operators.base import Operator
from headrace.operators.hopping_aggregate import HoppingAggregate
from headrace.operators.partial_aggregate import PartialAggregate as PartialOperator
from headrace.operators.pass_through import PassThrough
from headrace.operators.session_aggregate import SessionAggregate as SessionOperator
from headrace.operators.sliding_aggregate import SlidingAggregate
from headrace.operators.stream_aggregate import StreamAggregate as AggregateOperator
from headrace.operators.stream_reduce import StreamReduce
from headrace.operators.tumbling_aggregate import TumblingAggregate
from headrace.operators.unlimited_aggregate import UnlimitedAggregate
from headrace.operators.views import SessionStoreView, StoreView, WindowStoreView
from headrace.plan.nodes.aggregate import (
    Aggregation,
    CogroupAggregate,
    PartialAggregate,
    Reduction,
    SessionAggregate,
    StreamAggregate,
    WindowAggregate,
    Windows,
)
from headrace.state.spec import StoreKind, StoreSpec
from headrace.topology.lower.folds import folded, merger_of
from headrace.topology.lower.lowering import Lowering


def lower_stream_aggregate(node: StreamAggregate, out: Lowering) -> None:
    """A reduction or an aggregation with its store."""
    operator = _plain(node.store, node.aggregation, out.needs.sends_old(node))
    out.topology.add_operator(node.name, operator, node.parent.name, line=node.line)
    out.topology.add_store(node.store, node.name)
    out.set_view(node, _plain_view(node.store))


def lower_partial_aggregate(node: PartialAggregate, out: Lowering) -> None:
    """The operator in front of the repartition topic, which has no store: what it holds is in each commit."""
    fold = node.aggregation
    operator = PartialOperator(node.windows, fold.initializer, fold.aggregator)
    out.topology.add_operator(node.name, operator, node.parent.name, line=node.line)


def lower_window_aggregate(node: WindowAggregate, out: Lowering) -> None:
    """The operator of its kind of windows with its store."""
    store = _window_store(node.store, node.windows)
    operator = _windowed(store, node.windows, node.aggregation, node.emit_on_close, out.needs.sends_old(node))
    out.topology.add_operator(node.name, operator, node.parent.name, line=node.line)
    out.topology.add_store(store, node.name)
    out.set_view(node, WindowStoreView(store.name))


def lower_session_aggregate(node: SessionAggregate, out: Lowering) -> None:
    """The operator with its store."""
    send_old = out.needs.sends_old(node)
    operator = _by_session(node.name, node.store, node.windows, node.aggregation, node.emit_on_close, send_old)
    out.topology.add_operator(node.name, operator, node.parent.name, line=node.line)
    out.topology.add_store(node.store, node.name)
    out.set_view(node, SessionStoreView(node.store.name))


def lower_cogroup_aggregate(node: CogroupAggregate, out: Lowering) -> None:
    """One operator per input, all on one store, and a node that merges what they send."""
    send_old, windows, store = out.needs.sends_old(node), node.windows, _window_store(node.store, node.windows)
    for stream in node.inputs:
        fold = Aggregation(initializer=node.initializer, aggregator=stream.aggregator, merger=node.merger)
        match windows:
            case None:
                operator = _plain(store, fold, send_old)
            case SessionWindows():
                operator = _by_session(node.name, store, windows, fold, node.emit_on_close, send_old)
            case _:
                operator = _windowed(store, windows, fold, node.emit_on_close, send_old)
        out.topology.add_operator(stream.name, operator, stream.parent.name, line=node.line)
    names = [stream.name for stream in node.inputs]
    out.topology.add_store(store, *names)
    out.topology.add_operator(node.name, PassThrough(), *names, line=node.line)
    match windows:
        case None:
            out.set_view(node, _plain_view(store))
        case SessionWindows():
            out.set_view(node, SessionStoreView(store.name))
        case _:
            out.set_view(node, WindowStoreView(store.name))


def _plain(store: StoreSpec, aggregation: Reduction | Aggregation, send_old: bool) -> Operator:
    versioned = store.kind is StoreKind.VERSIONED
    match aggregation:
        case Reduction(reducer=reducer):
            return StreamReduce(store.name, reducer, send_old, versioned)
        case Aggregation(initializer=initializer, aggregator=aggregator):
            return AggregateOperator(store.name, initializer, aggregator, send_old, versioned)


def _plain_view(store: StoreSpec) -> StoreView:
    return StoreView(store.name, store.kind is StoreKind.VERSIONED)


def _by_session(
    name: str,
    store: StoreSpec,
    windows: SessionWindows,
    aggregation: Reduction | Aggregation,
    emit_on_close: bool,
    send_old: bool,
) -> Operator:
    initializer, aggregator = folded(aggregation)
    merger = merger_of(aggregation, name)
    return SessionOperator(store.name, windows, initializer, aggregator, merger, emit_on_close, send_old)


def _window_store(store: StoreSpec, windows: Windows | SessionWindows | None) -> StoreSpec:
    # A sliding aggregation scans its store for each record, and a cache would have to be written out for each scan.
    return replace(store, caching=False) if isinstance(windows, SlidingWindows) else store


def _windowed(
    store: StoreSpec, windows: Windows, aggregation: Reduction | Aggregation, emit_on_close: bool, send_old: bool
) -> Operator:
    initializer, aggregator = folded(aggregation)
    match windows:
        case TumblingWindows():
            return TumblingAggregate(store.name, windows, initializer, aggregator, emit_on_close, send_old)
        case HoppingWindows():
            return HoppingAggregate(store.name, windows, initializer, aggregator, emit_on_close, send_old)
        case SlidingWindows():
            return SlidingAggregate(store.name, windows, initializer, aggregator, emit_on_close, send_old)
        case UnlimitedWindows():
            if emit_on_close:
                message = f"the unlimited windows of store {store.name!r} never close"
                raise TopologyError(message, hint="emit on update, or use windows with an end")
            return UnlimitedAggregate(store.name, windows, initializer, aggregator, send_old)
        case _:
            assert_never(windows)
