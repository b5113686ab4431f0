from typing import Any

import pytest

from headrace import ConfigurationError, Decision, FailedRecord, TaskId
from headrace.runtime.policies import Always, ErrorPolicies, dead_letter_headers, handler, may_leave_out


def failed(phase: str = "process", **fields: Any) -> FailedRecord:
    given: dict[str, Any] = {
        "phase": phase,
        "task": TaskId(0, 1),
        "topic": "in",
        "partition": 1,
        "offset": 7,
        "node": "n",
        "key": b"k",
        "value": b"v",
        "timestamp": 5,
        "headers": (("own", b"1"),),
        "error": ValueError("no"),
    }
    return FailedRecord(**given | fields)


def policies(**given: Any) -> ErrorPolicies:
    stop = Always(Decision.FAIL)
    return ErrorPolicies(**{"on_decode": stop, "on_process": stop, "on_produce": stop, "dead_letter_topic": "dead"} | given)


@pytest.mark.parametrize("name", ["fail", "skip", "dlq"])
def test_a_policy_by_name_gives_its_decision(name: str) -> None:
    assert handler(name, "on_process_error", "dead")(failed()) is Decision(name)


def test_a_policy_that_is_a_function_stays_one() -> None:
    assert handler(lambda record: Decision.SKIP, "on_process_error", None)(failed()) is Decision.SKIP


def test_an_unknown_policy_and_one_without_its_topic_are_refused() -> None:
    with pytest.raises(ConfigurationError, match=r'on_process_error is .ignore.\n  hint: use "fail", "skip", "dlq"'):
        handler("ignore", "on_process_error", "dead")
    with pytest.raises(ConfigurationError, match="there is no dead letter topic"):
        handler("dlq", "on_decode_error", None)


def test_each_phase_has_its_policy_and_those_of_processing_share_one() -> None:
    mine = policies(on_decode=Always(Decision.SKIP), on_process=Always(Decision.DLQ), on_produce=lambda record: Decision.FAIL)
    answers = {phase: mine.decide(failed(phase)) for phase in ("decode", "process", "punctuate", "flush", "produce")}
    assert answers == {
        "decode": Decision.SKIP,
        "process": Decision.DLQ,
        "punctuate": Decision.DLQ,
        "flush": Decision.DLQ,
        "produce": Decision.FAIL,
    }


def test_the_policy_of_a_source_wins_for_what_it_cannot_read_only() -> None:
    assert policies().decide(failed("decode"), "skip") is Decision.SKIP
    assert policies().decide(failed("process"), "skip") is Decision.FAIL


def test_an_answer_may_be_a_decision_s_name_and_nothing_else() -> None:
    assert policies(on_process=lambda record: "skip").decide(failed()) is Decision.SKIP
    with pytest.raises(ConfigurationError, match=r"gave None .*offset 7") as caught:
        policies(on_process=lambda record: None).decide(failed())
    assert isinstance(caught.value.__cause__, ValueError)


def test_only_a_fixed_fail_can_never_leave_a_record_out() -> None:
    found = [may_leave_out(policy) for policy in (*map(Always, Decision), lambda record: Decision.FAIL)]
    assert found == [False, True, True, False, True]


def test_a_place_is_told_with_what_is_known() -> None:
    assert failed().where() == "task 0_1, topic 'in', partition 1, offset 7"
    assert failed(topic=None, partition=None, offset=None).where() == "task 0_1, node 'n'"
    assert failed(topic=None, node=None).where() == "task 0_1"


def test_dead_letter_headers_come_after_the_original_ones_and_leave_out_what_is_unknown() -> None:
    headers = dead_letter_headers(failed("punctuate", topic=None, partition=None, offset=None))
    assert headers[0] == ("own", b"1")
    assert [name for name, _ in headers[1:]] == [f"__streams.errors.{name}" for name in ("exception", "message", "stacktrace")]
