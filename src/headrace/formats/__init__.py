"""Bytes and values: Kafka's primitives, JSON, windowed keys, and what joins and repartitioned tables write."""

from headrace.formats.api import Format
from headrace.formats.avro import Avro
from headrace.formats.delimited import Delimited
from headrace.formats.json import Json
from headrace.formats.json_schema import JsonSchema
from headrace.formats.primitive import Boolean, Bytes, Double, Float, Int16, Int32, Int64, String, Uuid, Void
from headrace.formats.protobuf import Protobuf
from headrace.formats.resolve import format_of
from headrace.formats.windowed import SessionWindowedFormat, WindowedFormat

__all__ = [
    "Avro",
    "Boolean",
    "Bytes",
    "Delimited",
    "Double",
    "Float",
    "Format",
    "Int16",
    "Int32",
    "Int64",
    "Json",
    "JsonSchema",
    "Protobuf",
    "SessionWindowedFormat",
    "String",
    "Uuid",
    "Void",
    "WindowedFormat",
    "format_of",
]
