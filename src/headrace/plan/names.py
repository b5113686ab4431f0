"""Names of steps, stores and internal topics: derived from what is upstream, or from a counter as in Kafka Streams.

Names are part of a program's contract with its state: a store is found again by its name. A counter gives every later step
another name when a step is added; the derived ones stay.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import blake2b
from itertools import count
from typing import Protocol

from headrace.core.identifiers import checked_name
from headrace.plan.kinds import FILTER, STREAM_SINK, STREAM_SOURCE, Kind

_REPARTITION = "-repartition"
_COUNTED = re.compile(r"KSTREAM.*-[0-9]{10}\Z")
_ILLEGAL = re.compile(r"[^a-zA-Z0-9._-]+")
_LONGEST_DERIVED = 160
_DIGEST_SIZE = 5


@dataclass(frozen=True, slots=True)
class Scope:
    """The name that the parts of one step share.

    Attributes:
        base: None if each part gets a name of its own.
        given: Whether the user chose it.
    """

    base: str | None
    given: bool


@dataclass(frozen=True, slots=True)
class RepartitionNames:
    """Names around one repartition topic; `topic` is without application id."""

    topic: str
    filter: str
    sink: str
    source: str


class Names(Protocol):
    """A way of naming. The order of calls decides the names that are counted, so it follows Kafka Streams everywhere."""

    def scope(self, kind: Kind, parent: str, given: str | None, slug: str | None = None) -> Scope:
        """What the parts of a step below `parent` are called after. `slug` stands for the kind's."""
        ...

    def part(self, scope: Scope, suffix: str, kind: Kind) -> str:
        """Name of one part: a processor, or another thing that Kafka Streams counts like one."""
        ...

    def fresh(self, scope: Scope, suffix: str, kind: Kind) -> str:
        """The name a part would have if the user had given none."""
        ...

    def store(self, scope: Scope, prefix: str, suffix: str = "") -> str:
        """Name of a store that the user has not named."""
        ...

    def burn(self) -> None:
        """Counts a name that nothing gets, where Kafka Streams does."""
        ...

    def repartition(self, prefix: str) -> RepartitionNames:
        """Names around the repartition topic called after `prefix`."""
        ...


class StableNames:
    """`<parent>-<kind of step>`, with a number only from the second of the same name on: `clicks-filter`, `clicks-filter-2`.

    A name depends on the steps above it and on its like-named siblings before it, and on nothing else. Names that grow over
    160 characters are cut and get a digest.

    >>> from headrace.plan.kinds import FILTER
    >>> names = StableNames()
    >>> [names.scope(FILTER, "clicks", None).base for _ in range(2)]
    ['clicks-filter', 'clicks-filter-2']
    """

    def __init__(self) -> None:
        self._used: set[str] = set()

    def scope(self, kind: Kind, parent: str, given: str | None, slug: str | None = None) -> Scope:
        """The given name, or one derived from the parent's."""
        if given is not None:
            self._used.add(checked_name(given, "step"))
            return Scope(given, given=True)
        ending = kind.slug if slug is None else slug
        wanted = _shortened("-".join(filter(None, (parent, ending))))
        base = wanted
        for number in count(2):
            if base not in self._used:
                break
            base = f"{wanted}-{number}"
        self._used.add(base)
        return Scope(base, given=False)

    def part(self, scope: Scope, suffix: str, kind: Kind) -> str:
        """The step's name and the suffix."""
        return checked_name(f"{scope.base}{suffix}", "step")

    def fresh(self, scope: Scope, suffix: str, kind: Kind) -> str:
        """The same as `part`."""
        return self.part(scope, suffix, kind)

    def store(self, scope: Scope, prefix: str, suffix: str = "") -> str:
        """A store is called after its step."""
        return f"{scope.base}{suffix}"

    def burn(self) -> None:
        """Nothing is counted."""

    def repartition(self, prefix: str) -> RepartitionNames:
        """All four after the topic."""
        return _named_repartition(prefix)


class CountedNames:
    """The names that the same program has in Kafka Streams (Java): `KSTREAM-FILTER-0000000001`."""

    def __init__(self) -> None:
        self._index = 0

    def scope(self, kind: Kind, parent: str, given: str | None, slug: str | None = None) -> Scope:
        """The given name, or none."""
        return Scope(None if given is None else checked_name(given, "step"), given=given is not None)

    def part(self, scope: Scope, suffix: str, kind: Kind) -> str:
        """Counts in any case, also where the given name is taken."""
        generated = self.fresh(scope, suffix, kind)
        return generated if scope.base is None else checked_name(scope.base + suffix, "step")

    def fresh(self, scope: Scope, suffix: str, kind: Kind) -> str:
        """Prefix and counter."""
        return f"{kind.prefix}{self._next():010d}"

    def store(self, scope: Scope, prefix: str, suffix: str = "") -> str:
        """Prefix, `STATE-STORE` and counter."""
        return f"{prefix}STATE-STORE-{self._next():010d}"

    def burn(self) -> None:
        """Leaves one number out."""
        self._next()

    def repartition(self, prefix: str) -> RepartitionNames:
        """Counts three names, and uses them if the topic is called after a counted step."""
        nothing = Scope(None, given=False)
        sink, null_filter, source = (self.fresh(nothing, "", kind) for kind in (STREAM_SINK, FILTER, STREAM_SOURCE))
        if _COUNTED.match(prefix):
            return RepartitionNames(_topic(prefix), null_filter, sink, source)
        return _named_repartition(prefix)

    def _next(self) -> int:
        self._index += 1
        return self._index - 1


def name_of_topics(topics: tuple[str, ...]) -> str:
    """What a source is called after: its topics."""
    return _shortened("-".join(topics))


def name_of_pattern(pattern: str) -> str:
    """What a source over a pattern is called after."""
    return _shortened(_ILLEGAL.sub("-", pattern).strip("-.") or "pattern")


def _named_repartition(prefix: str) -> RepartitionNames:
    topic = _topic(prefix)
    return RepartitionNames(checked_name(topic, "topic"), f"{topic}-filter", f"{topic}-sink", f"{topic}-source")


def _topic(prefix: str) -> str:
    return prefix.removesuffix(_REPARTITION) + _REPARTITION


def _shortened(name: str) -> str:
    if len(name) <= _LONGEST_DERIVED:
        return name
    digest = blake2b(name.encode(), digest_size=_DIGEST_SIZE).hexdigest()
    return f"{name[: _LONGEST_DERIVED - 2 * _DIGEST_SIZE - 1]}-{digest}"
