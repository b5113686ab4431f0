"""Subject names: under which name in the registry the schemas of a topic are kept. Source: Confluent's three strategies."""

from __future__ import annotations

from typing import Literal

SubjectNames = Literal["topic", "record", "topic-record"]
"""`topic`: `<topic>-key` or `-value`. `record`: the full name of the record. `topic-record`: `<topic>-<full name>`.

The last two let a topic hold records of several types, each with a history of its own.
"""


def subject_name(strategy: SubjectNames, topic: str, record: str | None, *, is_key: bool) -> str:
    """The subject of a schema. Without the name of a record (`"string"`, unions) it is that of the topic."""
    if strategy == "topic" or record is None:
        return f"{topic}-{'key' if is_key else 'value'}"
    return record if strategy == "record" else f"{topic}-{record}"
