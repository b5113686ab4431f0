import dataclasses
from pathlib import Path

import pytest

from headrace.config import OPTIONS, AppConfig
from headrace.core.errors import ConfigurationError


def test_defaults_are_those_of_the_design():
    config = AppConfig(app_id="clicks")
    assert config.guarantee == "exactly_once_v2"
    assert config.exactly_once
    assert config.embedded
    assert (config.commit_interval_ms, config.emit_interval_ms, config.max_task_idle_ms) == (1000, 1000, 0)
    assert config.memory_limit_bytes == 256_000_000
    assert config.data_dir == Path(".headrace")
    assert config.optimize == ()


def test_derived_places_follow_what_is_set():
    config = AppConfig(app_id="clicks", data_dir=Path("d"))
    assert (config.state_path, config.dead_letter_topic) == (Path("d/state"), "clicks-dlq")
    moved = dataclasses.replace(config, state_dir=Path("s"), dlq_topic="dead", bootstrap="b:1", guarantee="at_least_once")
    assert (moved.state_path, moved.dead_letter_topic) == (Path("s"), "dead")
    assert not moved.embedded
    assert not moved.exactly_once


def test_a_value_of_the_wrong_kind_cannot_be_put_in():
    with pytest.raises(ConfigurationError, match=r"option poll_records \(default\): expected at least 1, got 0"):
        dataclasses.replace(AppConfig(app_id="clicks"), poll_records=0)


def test_is_frozen_and_equal_by_value():
    config = AppConfig(app_id="clicks", kafka={"a.b": "c"})
    assert config == AppConfig(app_id="clicks", kafka={"a.b": "c"}, origins={"app_id": "call"})
    with pytest.raises(dataclasses.FrozenInstanceError):
        config.app_id = "x"
    with pytest.raises(TypeError):
        config.kafka["x"] = "y"


def test_client_settings_are_not_printed():
    assert "hunter2" not in repr(AppConfig(app_id="clicks", kafka={"sasl.password": "hunter2"}))


def test_every_name_of_an_option_is_its_own():
    names = [name for option in OPTIONS for name in {option.name, option.attribute, *option.aliases}]
    assert len(names) == len(set(names))
    assert {option.environment_name for option in OPTIONS} >= {"HEADRACE_COMMIT_INTERVAL", "HEADRACE_MEMORY_LIMIT"}


def test_every_option_is_an_attribute_and_documented():
    config = AppConfig(app_id="clicks")
    for option in OPTIONS:
        assert hasattr(config, option.attribute)
        assert option.doc.endswith(".")
        assert option.group


@pytest.mark.parametrize("name", ["emit_interval", "emit_interval_ms", "__emit.interval.ms.kstreams.windowed.aggregation__"])
def test_a_value_can_be_asked_for_by_each_of_its_names(name):
    assert AppConfig(app_id="clicks", emit_interval_ms=7).value(name) == 7


def test_a_value_of_no_option_is_an_error():
    with pytest.raises(ConfigurationError, match="there is no option 'colour'"):
        AppConfig(app_id="clicks").value("colour")
