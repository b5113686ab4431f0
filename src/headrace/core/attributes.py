"""Errors about names that a class does not have: Kafka Streams' own in camel case, and misspelt ones."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, Any

_CAPITAL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_OTHERWISE = {
    "approximate_num_entries": "approximate_count",
    "branch": "split",
    "create_input_topic": "topic",
    "create_output_topic": "topic",
    "emit_strategy": "emit",
    "flat_transform": "process",
    "get_key_value_store": "store",
    "get_state_store": "store",
    "pipe_input": "pipe",
    "pipe_key_value_list": "pipe_all",
    "queryable_store_name": "store_name",
    "read_key_values_to_list": "key_values",
    "transform": "process",
}
"""Names of Kafka Streams that are other words here."""


class NamesWhatItHas:
    """A class whose AttributeError says what was meant, or what there is. Costs nothing where a name is found."""

    if not TYPE_CHECKING:  # a type checker is to go on refusing unknown names

        def __getattr__(self, name: str) -> Any:
            raise missing(self, name)


def missing(owner: object, name: str) -> AttributeError:
    """The error that `owner` has no attribute `name`."""
    kind = type(owner)
    message = f"{kind.__name__} has no {name!r}"
    if not name.startswith("_"):
        known = sorted(each for each in {*dir(kind), *vars(owner)} if not each.startswith("_"))
        meant = nearest(name, known)
        message += f"; did you mean {meant}?" if meant else f"; it has {', '.join(known)}"
    return AttributeError(message, name=name, obj=owner)


def nearest(name: str, known: list[str]) -> str | None:
    """The known name that is most likely meant."""
    snake = _CAPITAL.sub("_", name).lower()
    for each in (snake, _OTHERWISE.get(snake)):
        if each in known:
            return each
    return next(iter(difflib.get_close_matches(snake, known, n=1, cutoff=0.75)), None)
