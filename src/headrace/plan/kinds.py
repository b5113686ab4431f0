"""Kinds of steps: what the two ways of naming call them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of step.

    Attributes:
        prefix: What Kafka Streams puts before the counter.
        slug: What a stable name ends with; empty for a part of a step, which has a suffix instead.
    """

    prefix: str
    slug: str = ""


STREAM_SOURCE = Kind("KSTREAM-SOURCE-")
TABLE_SOURCE = Kind("KTABLE-SOURCE-")
FILTER = Kind("KSTREAM-FILTER-", "filter")
MAP = Kind("KSTREAM-MAP-", "map")
MAP_VALUES = Kind("KSTREAM-MAPVALUES-", "map-values")
FLAT_MAP = Kind("KSTREAM-FLATMAP-", "flat-map")
FLAT_MAP_VALUES = Kind("KSTREAM-FLATMAPVALUES-", "flat-map-values")
SELECT_KEY = Kind("KSTREAM-KEY-SELECT-", "select-key")
GROUP_BY = Kind("KSTREAM-KEY-SELECT-", "group-by")
PEEK = Kind("KSTREAM-PEEK-", "peek")
FOREACH = Kind("KSTREAM-FOREACH-", "foreach")
PRINT = Kind("KSTREAM-PRINTER-", "print")
SPLIT = Kind("KSTREAM-BRANCH-", "split")
STREAM_MERGE = Kind("KSTREAM-MERGE-", "merge")
REPARTITION = Kind("KSTREAM-REPARTITION-", "by-key")
TO_TABLE = Kind("KSTREAM-TOTABLE-", "to-table")
PROCESS = Kind("KSTREAM-PROCESSOR-", "process")
PROCESS_VALUES = Kind("KSTREAM-PROCESSVALUES-", "process-values")
ASYNC = Kind("KSTREAM-ASYNC-", "async")
STREAM_SINK = Kind("KSTREAM-SINK-", "to")

STREAM_COUNT = Kind("KSTREAM-AGGREGATE-", "count")
STREAM_AGGREGATE = Kind("KSTREAM-AGGREGATE-", "aggregate")
STREAM_REDUCE = Kind("KSTREAM-REDUCE-", "reduce")
COGROUP = Kind("COGROUPKSTREAM-AGGREGATE-", "cogroup")
COGROUP_MERGE = Kind("COGROUPKSTREAM-MERGE-")
TABLE_GROUP = Kind("KTABLE-SELECT-", "group-by")
TABLE_COUNT = Kind("KTABLE-AGGREGATE-", "count")
TABLE_AGGREGATE = Kind("KTABLE-AGGREGATE-", "aggregate")
TABLE_REDUCE = Kind("KTABLE-REDUCE-", "reduce")

WINDOWED = Kind("KSTREAM-WINDOWED-")
STREAM_JOIN = Kind("KSTREAM-JOIN-", "join")
STREAM_LEFT_JOIN = Kind("KSTREAM-LEFTJOIN-", "left-join")
STREAM_OUTER_JOIN = Kind("KSTREAM-OUTERJOIN-", "outer-join")
GLOBAL_JOIN = Kind("KSTREAM-LEFTJOIN-", "join")
JOIN_THIS = Kind("KSTREAM-JOINTHIS-")
JOIN_OTHER = Kind("KSTREAM-JOINOTHER-")
OUTER_THIS = Kind("KSTREAM-OUTERTHIS-")
OUTER_OTHER = Kind("KSTREAM-OUTEROTHER-")

TABLE_FILTER = Kind("KTABLE-FILTER-", "filter")
TABLE_MAP_VALUES = Kind("KTABLE-MAPVALUES-", "map-values")
TRANSFORM_VALUES = Kind("KTABLE-TRANSFORMVALUES-", "transform-values")
TO_STREAM = Kind("KTABLE-TOSTREAM-", "to-stream")
SUPPRESS = Kind("KTABLE-SUPPRESS-", "suppress")
TABLE_JOIN = Kind("KTABLE-MERGE-", "join")
TABLE_LEFT_JOIN = Kind("KTABLE-MERGE-", "left-join")
TABLE_OUTER_JOIN = Kind("KTABLE-MERGE-", "outer-join")
TABLE_JOIN_THIS = Kind("KTABLE-JOINTHIS-")
TABLE_JOIN_OTHER = Kind("KTABLE-JOINOTHER-")

FOREIGN_KEY_JOIN = Kind("KTABLE-FK-JOIN-", "join-on")
SUBSCRIPTION_REGISTRATION = Kind("KTABLE-FK-JOIN-SUBSCRIPTION-REGISTRATION-")
SUBSCRIPTION_STORE = Kind("KTABLE-FK-JOIN-SUBSCRIPTION-STATE-STORE-")
SUBSCRIPTION_PROCESSOR = Kind("KTABLE-FK-JOIN-SUBSCRIPTION-PROCESSOR-")
SUBSCRIPTION_RESPONSE = Kind("KTABLE-FK-JOIN-SUBSCRIPTION-RESPONSE-")
SUBSCRIPTION_RESOLVER = Kind("KTABLE-FK-JOIN-SUBSCRIPTION-RESPONSE-RESOLVER-PROCESSOR-")
FOREIGN_KEY_OUTPUT = Kind("KTABLE-FK-JOIN-OUTPUT-")
TABLE_SINK = Kind("KTABLE-SINK-")
