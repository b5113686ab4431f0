"""A real registry accepts and refuses the changes that the embedded one does."""

import re
import uuid

import pytest

from headrace.formats.registry import Compatibility, RestRegistry
from support.evolution import CASES, Change


@pytest.fixture(scope="module")
def shared(registry_url: str) -> RestRegistry:
    return RestRegistry(registry_url)


@pytest.mark.parametrize(("change", "rule"), CASES, ids=str)
def test_a_change_is_judged_as_by_the_embedded_registry(shared: RestRegistry, change: Change, rule: str):
    subject = f"s-{uuid.uuid4()}"
    shared.register(subject, change.old)
    # The transitive rules are asked of the other half, as there is one version only.
    shared.set_compatibility(Compatibility(rule if change.name < "n" else f"{rule}_TRANSITIVE"), subject)
    problems = shared.check(subject, change.new)
    assert (not problems) == (rule in change.allowed)
    if problems:
        assert re.match(f"field {change.place}: " if change.place else change.rule, problems[0])
