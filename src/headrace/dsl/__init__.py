"""The typed DSL: `StreamsBuilder`, `KStream`, `KTable` and their options. It builds plan nodes and nothing else.

Operators stand in families: transforms, joins, sinks, async_steps and branches for streams; table_joins for tables; grouped,
windowed, cogrouped and grouped_table for aggregations.
"""

from headrace.dsl.branches import Branched, BranchedKStream
from headrace.dsl.builder import StreamsBuilder
from headrace.dsl.cogrouped import CogroupedKStream, SessionWindowedCogroupedKStream, TimeWindowedCogroupedKStream
from headrace.dsl.grouped import KGroupedStream
from headrace.dsl.grouped_table import KGroupedTable
from headrace.dsl.kstream import KStream
from headrace.dsl.ktable import GlobalKTable, KTable
from headrace.dsl.windowed import SessionWindowedKStream, TimeWindowedKStream
from headrace.plan.options import (
    Consumed,
    Grouped,
    Joined,
    Materialized,
    Produced,
    Repartitioned,
    StreamJoined,
    TableJoined,
)
from headrace.plan.suppressed import BufferConfig, Suppressed

__all__ = [
    "Branched",
    "BranchedKStream",
    "BufferConfig",
    "CogroupedKStream",
    "Consumed",
    "GlobalKTable",
    "Grouped",
    "Joined",
    "KGroupedStream",
    "KGroupedTable",
    "KStream",
    "KTable",
    "Materialized",
    "Produced",
    "Repartitioned",
    "SessionWindowedCogroupedKStream",
    "SessionWindowedKStream",
    "StreamJoined",
    "StreamsBuilder",
    "Suppressed",
    "TableJoined",
    "TimeWindowedCogroupedKStream",
    "TimeWindowedKStream",
]
