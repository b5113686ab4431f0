import io
import json
import logging

import pytest

from headrace.observe import configure_logging, event_logger


@pytest.fixture
def stream():
    root = logging.getLogger("headrace")
    before = root.handlers[:], root.level, root.propagate
    yield io.StringIO()
    root.handlers[:], root.propagate = before[0], before[2]
    root.setLevel(before[1])


def test_text_events_are_one_line_of_key_value(stream):
    configure_logging(stream=stream)
    event_logger("runtime", app="clicks").bind(task="0_1").info(
        "task_restored", records=12, rate=1.5, note="took long", empty=""
    )
    line = stream.getvalue()
    assert line.endswith(
        'INFO    headrace.runtime task_restored app=clicks task=0_1 records=12 rate=1.5 note="took long" empty=""\n'
    )
    assert line[10] == "T"
    assert line[23] == "Z"


def test_a_value_with_a_line_break_stays_on_its_line(stream):
    configure_logging(stream=stream)
    event_logger("runtime").warning("skipped", value="a\nb")
    assert stream.getvalue().count("\n") == 1


def test_json_events_are_one_object_a_line_with_their_fields(stream):
    configure_logging(stream=stream, json=True)
    event_logger("runtime").warning("record_skipped", topic="t", offset=3, key=b"x", level="field of that name")
    body = json.loads(stream.getvalue())
    assert body.pop("time").endswith("Z")
    assert body == {
        "topic": "t",
        "offset": 3,
        "key": "b'x'",
        "level": "warning",
        "logger": "headrace.runtime",
        "event": "record_skipped",
    }


@pytest.mark.parametrize("as_json", [False, True])
def test_errors_carry_the_traceback_of_their_cause(stream, as_json):
    configure_logging(stream=stream, json=as_json)
    try:
        int("x")
    except ValueError as error:
        event_logger("runtime").error("task_failed", error=error, task="0_0")
    assert "invalid literal for int()" in stream.getvalue()
    assert "Traceback" in stream.getvalue()


@pytest.mark.parametrize("as_json", [False, True])
def test_plain_log_calls_are_formatted_too(stream, as_json):
    configure_logging(stream=stream, json=as_json)
    logging.getLogger("headrace.other").warning("%d things", 3)
    assert "3 things" in stream.getvalue()


def test_events_below_the_level_are_not_written(stream):
    configure_logging(stream=stream, level="warning")
    event_logger("runtime").info("quiet")
    event_logger("runtime").debug("quieter")
    assert stream.getvalue() == ""


def test_configuring_again_replaces_the_handler(stream):
    configure_logging(stream=io.StringIO())
    configure_logging(stream=stream)
    event_logger("runtime").info("once")
    assert stream.getvalue().count("once") == 1


def test_as_a_library_events_go_to_the_programs_own_handlers(caplog):
    with caplog.at_level(logging.INFO, logger="headrace"):
        event_logger("runtime").info("task_started", task="0_0")
    assert caplog.messages == ["task_started task=0_0"]
    assert caplog.records[0].headrace_event.fields == {"task": "0_0"}
    assert all(isinstance(handler, logging.NullHandler) for handler in logging.getLogger("headrace").handlers)
