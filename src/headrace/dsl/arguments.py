"""Options as they are handed to DSL methods: the default if there is none, an error if it is another kind of option."""

from __future__ import annotations

from typing import Any, TypeVar

from headrace.core.errors import TopologyError
from headrace.dsl.graph import caller_line

Option = TypeVar("Option")


def option(given: Any, kind: type[Option]) -> Option:
    """The option itself, or one with all defaults.

    Raises:
        TopologyError: It is something else, such as a name or the option of another method.
    """
    if given is None:
        return kind()
    if isinstance(given, kind):
        return given
    message = f"{kind.__name__}(...) was expected at {caller_line()}, got {given!r}"
    hint = f'write {kind.__name__}(name="{given}") or name="{given}"' if isinstance(given, str) else None
    raise TopologyError(message, hint=hint)
