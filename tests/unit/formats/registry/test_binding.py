from dataclasses import dataclass
from typing import Any

import pytest

from headrace.formats import Avro, Json, String, WindowedFormat
from headrace.formats.registry import PLAIN, EmbeddedRegistry, InRegistry
from headrace.formats.registry.binding import Binding, bound


@dataclass(frozen=True)
class Key:
    id: str


@dataclass(frozen=True, slots=True)
class Node:
    form: Any
    below: tuple[Any, ...] = ()


@pytest.fixture
def registry():
    made = EmbeddedRegistry()
    yield made
    made.close()


@pytest.fixture
def binding(registry):
    return Binding(
        lambda: registry, "existing", lambda thing: "app-" if isinstance(thing, Node) and thing.below == () else None
    )


def test_formats_within_formats_and_containers_get_the_registry(registry, binding):
    given = {"a": [Node(WindowedFormat(Avro(Key), 5), (String(),))], "b": (Json(), None, 5)}
    made = bound(given, binding)
    assert made["a"][0].form.inner.use == InRegistry(writes="existing", registry=registry)
    assert made["b"] is given["b"]
    assert given["a"][0].form.inner.use.registry is None


def test_what_needs_no_registry_is_the_same_object_and_asks_for_none():
    def never() -> Any:
        raise AssertionError

    given = Node(Avro(Key, PLAIN), (String(), Node(WindowedFormat(Json(), 5))))
    assert bound(given, Binding(never)) is given


def test_what_is_shared_stays_shared(binding):
    form = Avro(Key)
    made = bound((form, form), binding)
    assert made[0] is made[1]


def test_formats_in_a_store_get_the_prefix_of_its_topics(binding):
    assert bound(Node(Avro(Key)), binding).form.use.subject("counts-changelog", None, is_key=True) == "app-counts-changelog-key"
    assert bound(Node(Avro(Key), (1,)), binding).form.use.subject("in", None, is_key=True) == "in-key"
