"""A Protobuf schema with all that a schema has, compiled for the tests."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, timestamp_pb2
from grpc_tools import protoc

HERE = Path(__file__).parent


@cache
def descriptor_set() -> bytes:
    """What `protoc --include_imports --descriptor_set_out` writes."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "shop.desc"
        google = Path(protoc.__file__).parent / "_proto"
        arguments = ["protoc", f"-I{HERE}", f"-I{google}", "--include_imports", f"--descriptor_set_out={file}", "shop.proto"]
        assert protoc.main(arguments) == 0
        return file.read_bytes()


@cache
def _pool() -> Any:
    assert timestamp_pb2.DESCRIPTOR  # it has to be in the pool before what imports it
    pool = descriptor_pool.Default()  # where generated classes are, and where Confluent's serializers look
    for file in descriptor_pb2.FileDescriptorSet.FromString(descriptor_set()).file:
        if not file.name.startswith("google/"):
            pool.Add(file)
    return pool


def message(name: str) -> Any:
    """The class of a message, as generated code has it."""
    return message_factory.GetMessageClass(_pool().FindMessageTypeByName(f"shop.{name}"))
