import re

import pytest

from headrace.formats.registry import Compatibility, EmbeddedRegistry
from support.evolution import CASES, CHANGES, A, B, Change, field, record


@pytest.fixture
def registry():
    made = EmbeddedRegistry()
    yield made
    made.close()


@pytest.mark.parametrize(("change", "rule"), CASES, ids=str)
def test_a_change_is_accepted_or_refused_with_field_and_rule(registry, change: Change, rule: str):
    for level in (Compatibility(rule), Compatibility(f"{rule}_TRANSITIVE")):
        subject = f"s-{level}"
        registry.set_compatibility(level, subject)
        registry.register(subject, change.old)
        problems = registry.check(subject, change.new)
        assert (not problems) == (rule in change.allowed)
        place = f"field {change.place}: " if change.place else ""
        assert all(re.match(rf"{place}(?:{change.rule}), ", problem) for problem in problems)


@pytest.mark.parametrize("change", CHANGES, ids=str)
def test_without_a_rule_every_change_is_accepted(registry, change: Change):
    registry.set_compatibility(Compatibility.NONE, "s")
    registry.register("s", change.old)
    registry.register("s", change.new)
    assert registry.versions("s") == [1, 2]


@pytest.mark.parametrize("rule", ["BACKWARD", "FORWARD", "FULL"])
def test_only_transitive_rules_look_at_all_versions(registry, rule: str):
    """Each step is allowed: b comes with a default, loses it, or gets it again. The first and the last do not fit."""
    with_default = record(A, field("b", "string", default=""))
    steps = {"BACKWARD": (record(A), with_default, record(A, B)), "FORWARD": (record(A, B), with_default, record(A))}
    old, between, new = steps.get(rule, steps["BACKWARD"])
    for level in (Compatibility(rule), Compatibility(f"{rule}_TRANSITIVE")):
        registry.set_compatibility(level, f"s-{level}")
        registry.register(f"s-{level}", old)
        registry.register(f"s-{level}", between)
        problems = registry.check(f"s-{level}", new)
        if level.transitive:
            assert problems
            assert all("version 1" in problem for problem in problems)
        else:
            assert problems == []
