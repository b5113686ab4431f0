"""Gives formats the registry of the application that runs them: programs are built before it is known."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from headrace.formats.registry.api import Registry
from headrace.formats.registry.use import InRegistry, Writes

T = TypeVar("T")

Prefix = Callable[[Any], str | None]
"""What goes before the topics of the formats in a thing (a store), None for things that have nothing to say about it."""


@dataclasses.dataclass(frozen=True, slots=True)
class Binding:
    """What formats are to be given.

    Attributes:
        registry: Asked for when the first format needs one.
        writes: Where the writers' schemas come from, for formats that do not say.
        prefix: See `Prefix`.
    """

    registry: Callable[[], Registry]
    writes: Writes = "register"
    prefix: Prefix = lambda _thing: None


def bound(thing: T, binding: Binding) -> T:
    """The same thing with registries in all formats in it that have none; the thing itself if there are none.

    Looks into dataclasses, tuples, lists and dicts. What is shared stays shared. Formats in anything else (in functions, in
    processors of the user's own) have to be given their registry by the user.
    """
    return _Walk(binding).replaced(thing, "")  # type: ignore[no-any-return]  # a copy of the same type


class _Walk:
    def __init__(self, binding: Binding) -> None:
        self._binding = binding
        self._done: dict[tuple[int, str], tuple[Any, Any]] = {}

    def replaced(self, thing: Any, prefix: str) -> Any:
        if isinstance(thing, str | int | float | type | None) or callable(thing):
            return thing
        known = self._done.get((id(thing), prefix))
        if known is None:
            # The thing is kept with its replacement: the id of one that is gone could be that of another.
            known = self._done[id(thing), prefix] = (thing, self._made(thing, prefix))
        return known[1]

    def _made(self, thing: Any, prefix: str) -> Any:
        own = self._binding.prefix(thing)
        prefix = prefix if own is None else own
        if isinstance(thing, InRegistry):
            if thing.registry is not None:
                return thing
            return thing.of_application(self._binding.registry(), self._binding.writes, prefix)
        if isinstance(thing, tuple | list):
            return self._sequence(thing, prefix)
        if isinstance(thing, Mapping):
            new = {key: self.replaced(value, prefix) for key, value in thing.items()}
            return thing if all(new[key] is thing[key] for key in new) else new
        if dataclasses.is_dataclass(thing):
            return self._dataclass(thing, prefix)
        return thing

    def _sequence(self, thing: Any, prefix: str) -> Any:
        new = [self.replaced(value, prefix) for value in thing]
        if all(one is other for one, other in zip(new, thing, strict=True)):
            return thing
        return type(thing)(*new) if hasattr(thing, "_fields") else type(thing)(new)

    def _dataclass(self, thing: Any, prefix: str) -> Any:
        changed = {}
        for field in dataclasses.fields(thing):
            value = getattr(thing, field.name, None)
            new = self.replaced(value, prefix)
            if new is not value:
                changed[field.name] = new
        if not changed:
            return thing
        made = copy.copy(thing)
        for name, value in changed.items():
            object.__setattr__(made, name, value)
        return made
