"""Options: what happens to a record that cannot be handled."""

# ruff: noqa: RUF009 - option() declares a field, as dataclasses.field does
from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from headrace.config.kinds import NAME, ValueKind, choice
from headrace.config.option import option

Policy = Literal["fail", "skip", "dlq"]


def _policy() -> ValueKind:
    return choice("fail", "skip", "dlq")


@dataclass(frozen=True, kw_only=True)
class FailureOptions:
    """Errors. `fail` stops, `skip` drops the record and counts it, `dlq` writes it to the dead letter topic and goes on."""

    on_decode_error: Policy = option(_policy(), "fail", "What to do with a record that its format cannot read.")
    on_process_error: Policy = option(_policy(), "fail", "What to do with a record on which the program raises an exception.")
    on_produce_error: Policy = option(
        _policy(), "fail", "What to do with a result that its format cannot write or the log refuses."
    )
    dlq_topic: str | None = option(
        NAME,
        None,
        "The dead letter topic. Not set: `<app_id>-dlq`.",
        alias="errors.dead.letter.queue.topic.name",
    )
