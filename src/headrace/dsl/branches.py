"""Splitting a stream. Source of the semantics: KIP-418."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from headrace.core.attributes import NamesWhatItHas
from headrace.dsl import kstream
from headrace.dsl.arguments import option
from headrace.dsl.graph import caller_line
from headrace.dsl.state import StreamState
from headrace.plan import kinds
from headrace.plan.nodes.base import Predicate
from headrace.plan.nodes.stateless import Branch, Split

K = TypeVar("K")
V = TypeVar("V")


class Branched(Generic[K, V]):
    """What becomes of a branch.

    Args:
        name: Added to the name of the split; the branch's number, from 1, if not given (the default branch's is 0).
        function: Takes the branch; the stream it returns is the result under the branch's name, None leaves it out.
        consumer: Takes the branch; it is not among the results then.
    """

    __slots__ = ("consumer", "function", "name")

    def __init__(
        self,
        name: str | None = None,
        *,
        function: Callable[[kstream.KStream[K, V]], kstream.KStream[K, V] | None] | None = None,
        consumer: Callable[[kstream.KStream[K, V]], object] | None = None,
    ) -> None:
        self.name = name
        self.function = function
        self.consumer = consumer


class BranchedKStream(NamesWhatItHas, Generic[K, V]):
    """A split that is being described: `branch` any number of times, then `default_branch` or `no_default_branch`."""

    def __init__(self, source: StreamState, name: str | None) -> None:
        self._source = source
        self._line = caller_line()
        self._name = source.graph.step(kinds.SPLIT, source.node.name, name)
        self._prefix = f"{self._name}-" if name is None and not self._name.startswith(kinds.SPLIT.prefix) else self._name
        self._place = source.graph.take_place()
        self._branches: list[tuple[Predicate | None, Branched[K, V]]] = []
        source.graph.expect(self, self._line)

    def branch(self, predicate: Callable[[K, V], bool], branched: Branched[K, V] | None = None) -> BranchedKStream[K, V]:
        """Adds a branch: it gets the records for which `predicate(key, value)` is the first to be true.

        >>> from headrace.dsl.builder import StreamsBuilder
        >>> split = StreamsBuilder().stream("bids").split(name="bids-")
        >>> streams = split.branch(lambda key, bid: bid > 100).branch(lambda key, bid: bid > 10).no_default_branch()
        >>> sorted(streams)
        ['bids-1', 'bids-2']
        """
        self._branches.append((predicate, option(branched, Branched)))
        return self

    def default_branch(self, branched: Branched[K, V] | None = None) -> dict[str, kstream.KStream[K, V]]:
        """Ends the split: one more branch gets the records that no predicate takes. Returns all branches by name.

        >>> from headrace.dsl.builder import StreamsBuilder
        >>> split = StreamsBuilder().stream("bids").split(name="bids-").branch(lambda key, bid: bid > 100)
        >>> split.default_branch(Branched("rest"))["bids-rest"].name
        'bids-rest'
        """
        self._branches.append((None, option(branched, Branched)))
        return self._finished()

    def no_default_branch(self) -> dict[str, kstream.KStream[K, V]]:
        """Ends the split: records that no predicate takes are dropped. Returns all branches by name.

        >>> from headrace.dsl.builder import StreamsBuilder
        >>> split = StreamsBuilder().stream("bids").split(name="bids-")
        >>> split.branch(lambda key, bid: bid > 100, Branched(consumer=lambda high: high.to("high"))).no_default_branch()
        {}
        """
        return self._finished()

    def _finished(self) -> dict[str, kstream.KStream[K, V]]:
        graph = self._source.graph
        graph.finished(self)
        names = [self._name_of(number) for number in range(len(self._branches))]
        split = Split(
            name=self._name,
            line=self._line,
            parent=self._source.node,
            predicates=tuple(predicate for predicate, _ in self._branches if predicate is not None),
            branch_names=tuple(names),
            has_default=any(predicate is None for predicate, _ in self._branches),
        )
        graph.add(split)
        graph.put_at(split, self._place)
        results: dict[str, kstream.KStream[K, V]] = {}
        for name, (_, branched) in zip(names, self._branches, strict=True):
            graph.names.burn()
            stream = kstream.KStream[K, V](self._source.then(Branch(name=name, line=self._line, parent=split)))
            if branched.function is not None:
                made = branched.function(stream)
                if made is not None:
                    results[name] = made
            elif branched.consumer is not None:
                branched.consumer(stream)
            else:
                results[name] = stream
        return results

    def _name_of(self, number: int) -> str:
        predicate, branched = self._branches[number]
        if branched.name is not None:
            return self._prefix + branched.name
        return self._prefix + str(0 if predicate is None else number + 1)
