"""Kafka Streams for Python: streams, tables, windows, joins and exactly-once, on an embedded log or on Kafka.

The way of a program through the packages, from top to bottom:

    dsl        StreamsBuilder, KStream, KTable: what a user writes
    plan       frozen nodes that say what the program does
    topology   sub-topologies, internal topics, stores; TopologyBuilder for those who want to wire processors themselves
    operators  one step a file: parameters become a function per record
    runtime    tasks, commit, restore
    state, log stores and topics

`app.App` runs a topology, `testing.TestDriver` tests it. Everything public is named here.
"""

from headrace.app.application import App
from headrace.app.states import AppState
from headrace.app.uncaught import Reaction, replace_with_backoff
from headrace.core.errors import (
    BufferFullError,
    ConfigurationError,
    DecodeError,
    EncodeError,
    HeadraceError,
    IncompatibleSchemaError,
    LifecycleError,
    LogError,
    ProcessingError,
    RebalancingError,
    RegistryError,
    RegistryUnavailableError,
    StateError,
    TopologyError,
    UnknownSchemaError,
    UnknownStoreError,
    UnknownTopicError,
)
from headrace.core.identifiers import TaskId, TopicPartition
from headrace.core.records import Change, Headers, Record, RecordMetadata, ValueAndTimestamp, VersionedRecord
from headrace.core.time import Clock, ManualClock, SystemClock
from headrace.core.windows import (
    NO_GRACE,
    HoppingWindows,
    JoinWindows,
    SessionWindows,
    SlidingWindows,
    TumblingWindows,
    UnlimitedWindows,
    Window,
    Windowed,
)
from headrace.dsl import (
    Branched,
    BufferConfig,
    Consumed,
    GlobalKTable,
    Grouped,
    Joined,
    KGroupedStream,
    KGroupedTable,
    KStream,
    KTable,
    Materialized,
    Produced,
    Repartitioned,
    StreamJoined,
    StreamsBuilder,
    Suppressed,
    TableJoined,
)
from headrace.formats import (
    Avro,
    Boolean,
    Bytes,
    Delimited,
    Double,
    Float,
    Format,
    Int16,
    Int32,
    Int64,
    Json,
    JsonSchema,
    Protobuf,
    SessionWindowedFormat,
    String,
    Uuid,
    Void,
    WindowedFormat,
)
from headrace.formats.protobuf import message_class
from headrace.formats.registry import PLAIN, EmbeddedRegistry, InRegistry, RegistryConnection, RestRegistry
from headrace.formats.schema.marks import Alias, Digits, Number, float32, int32, time_millis, timestamp_millis
from headrace.processor.api import Processor, ProcessorContext, PunctuationType
from headrace.processor.session_store import SessionStore
from headrace.processor.timestamps import ConsumedRecord, CustomTime, FieldTime, RecordTime, WallClockTime
from headrace.processor.transformer import ValueTransformer
from headrace.processor.versioned_store import VersionedKeyValueStore
from headrace.processor.window_store import WindowStore
from headrace.runtime.policies import Decision, FailedRecord
from headrace.state.api import NOT_PUT, VALID_TO_UNDEFINED
from headrace.state.engines.memory import MemoryEngine
from headrace.state.engines.rocksdb import RocksDbEngine
from headrace.state.spec import StoreKind, StoreSpec
from headrace.topology.builder import TopologyBuilder
from headrace.topology.physical import Topology

__all__ = [
    "NOT_PUT",
    "NO_GRACE",
    "PLAIN",
    "VALID_TO_UNDEFINED",
    "Alias",
    "App",
    "AppState",
    "Avro",
    "Boolean",
    "Branched",
    "BufferConfig",
    "BufferFullError",
    "Bytes",
    "Change",
    "Clock",
    "ConfigurationError",
    "Consumed",
    "ConsumedRecord",
    "CustomTime",
    "Decision",
    "DecodeError",
    "Delimited",
    "Digits",
    "Double",
    "EmbeddedRegistry",
    "EncodeError",
    "FailedRecord",
    "FieldTime",
    "Float",
    "Format",
    "GlobalKTable",
    "Grouped",
    "Headers",
    "HeadraceError",
    "HoppingWindows",
    "InRegistry",
    "IncompatibleSchemaError",
    "Int16",
    "Int32",
    "Int64",
    "JoinWindows",
    "Joined",
    "Json",
    "JsonSchema",
    "KGroupedStream",
    "KGroupedTable",
    "KStream",
    "KTable",
    "LifecycleError",
    "LogError",
    "ManualClock",
    "Materialized",
    "MemoryEngine",
    "Number",
    "ProcessingError",
    "Processor",
    "ProcessorContext",
    "Produced",
    "Protobuf",
    "PunctuationType",
    "Reaction",
    "RebalancingError",
    "Record",
    "RecordMetadata",
    "RecordTime",
    "RegistryConnection",
    "RegistryError",
    "RegistryUnavailableError",
    "Repartitioned",
    "RestRegistry",
    "RocksDbEngine",
    "SessionStore",
    "SessionWindowedFormat",
    "SessionWindows",
    "SlidingWindows",
    "StateError",
    "StoreKind",
    "StoreSpec",
    "StreamJoined",
    "StreamsBuilder",
    "String",
    "Suppressed",
    "SystemClock",
    "TableJoined",
    "TaskId",
    "TopicPartition",
    "Topology",
    "TopologyBuilder",
    "TopologyError",
    "TumblingWindows",
    "UnknownSchemaError",
    "UnknownStoreError",
    "UnknownTopicError",
    "UnlimitedWindows",
    "Uuid",
    "ValueAndTimestamp",
    "ValueTransformer",
    "VersionedKeyValueStore",
    "VersionedRecord",
    "Void",
    "WallClockTime",
    "Window",
    "WindowStore",
    "Windowed",
    "WindowedFormat",
    "float32",
    "int32",
    "message_class",
    "replace_with_backoff",
    "time_millis",
    "timestamp_millis",
]
