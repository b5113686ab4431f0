"""Topics, names, options and owners that do not fit: refused at the start or where they are used, each with its mend."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import log_access as log
import pytest

from headrace import (
    App,
    AppState,
    ConfigurationError,
    Consumed,
    HeadraceError,
    LifecycleError,
    ManualClock,
    Materialized,
    ProcessingError,
    Processor,
    Produced,
    Record,
    Repartitioned,
    StreamsBuilder,
    Topology,
    TopologyError,
    UnknownStoreError,
    UnknownTopicError,
)
from headrace.core.errors import LogFormatError, OffsetOutOfRangeError, OwnedError
from headrace.log.api import NewTopic
from headrace.log.embedded import open_log


def run(data: Path, topology: Topology, **options: Any) -> App:
    app = App("app", topology, data_dir=data, **options)
    app.run(until_end=True)
    return app


def failing(data: Path, topology: Topology, **options: Any) -> HeadraceError:
    with pytest.raises(HeadraceError) as caught:
        run(data, topology, **options)
    return caught.value


def copying(**consumed: Any) -> Topology:
    builder = StreamsBuilder()
    builder.stream("in", Consumed(**consumed)).to("out")
    return builder.build()


# ---- topics -------------------------------------------------------------------------------------------------------


def test_a_source_topic_that_is_not_there_is_named_with_the_command_that_makes_it(tmp_path: Path) -> None:
    error = failing(tmp_path, copying(name="clicks"), create_topics=False)
    assert isinstance(error, UnknownTopicError)
    assert "source 'clicks'" in str(error)
    assert "reads topic 'in', which does not exist" in str(error)
    assert "headrace topics create in --partitions" in str(error)


def test_topics_that_are_missing_are_made_if_the_option_says_so(tmp_path: Path) -> None:
    run(tmp_path, copying(), topic_partitions=3)
    opened = open_log(tmp_path / "log")
    assert {name: topic.partitions for name, topic in opened.admin().topics().items()} == {"in": 3, "out": 3}
    opened.close()


def test_a_source_topic_deleted_in_mid_run_stops_the_application_with_its_name(tmp_path: Path) -> None:
    log.create(tmp_path, **{"in": 1, "out": 1})
    app = App("app", copying(), data_dir=tmp_path)
    app.start()
    app.wait_until_running()
    opened = open_log(tmp_path / "log")
    opened.admin().delete_topics(["in"])
    opened.close()
    with pytest.raises(UnknownTopicError, match='topic "in"'):
        app.wait("20s")
    assert app.state is AppState.ERROR


def routed() -> Topology:
    builder = StreamsBuilder()
    builder.stream("in").to(lambda key, value, _: value["to"], Produced())
    return builder.build()


def test_a_topic_that_a_sink_names_and_that_is_not_there_is_an_error_with_the_record(tmp_path: Path) -> None:
    log.create(tmp_path, **{"in": 1, "known": 1})
    log.write(tmp_path, "in", [("a", {"to": "known"}, 0), ("a", {"to": "unknown"}, 1)])
    error = failing(tmp_path, routed(), create_topics=False)
    assert isinstance(error, UnknownTopicError)
    assert "topic 'unknown' does not exist (task 0_0, topic 'in', partition 0, offset 1)" in str(error)
    assert log.read(tmp_path, "known") == []


def test_a_topic_that_a_sink_names_is_made_if_the_option_says_so_and_found_if_it_came_later(tmp_path: Path) -> None:
    log.create(tmp_path, **{"in": 1})
    log.write(tmp_path, "in", [("a", {"to": "fresh"}, 0)])
    run(tmp_path, routed())
    assert log.read(tmp_path, "fresh") == [("a", {"to": "fresh"})]


def test_an_illegal_topic_that_a_sink_names_is_refused_with_the_record(tmp_path: Path) -> None:
    log.create(tmp_path, **{"in": 1})
    log.write(tmp_path, "in", [("a", {"to": "no/such"}, 0)])
    error = failing(tmp_path, routed())
    assert "'no/such' is no legal topic name" in str(error)
    assert "offset 0" in str(error)


def test_a_function_that_names_topics_and_raises_is_named_with_its_line(tmp_path: Path) -> None:
    log.create(tmp_path, **{"in": 1})
    log.write(tmp_path, "in", [("a", {}, 0)])
    error = failing(tmp_path, routed())
    assert isinstance(error, ProcessingError)
    assert "KeyError at " in str(error)
    assert "test_bad_input_topics.py" in str(error)


def test_a_join_of_two_with_three_partitions_is_refused_with_both_counts(tmp_path: Path) -> None:
    log.create(tmp_path, s=2, t=3, out=1)
    builder = StreamsBuilder()
    builder.stream("s").join(builder.table("t"), lambda left, right: [left, right]).to("out")
    error = failing(tmp_path, builder.build())
    assert isinstance(error, TopologyError)
    assert "'s' has 2 partitions, 't' has 3 partitions" in str(error)
    assert "test_bad_input_topics.py" in str(error)
    assert "Repartitioned(partitions=3)" in str(error)


def test_the_mend_for_different_partition_counts_works(tmp_path: Path) -> None:
    log.create(tmp_path, s=2, t=3, out=1)
    log.write(tmp_path, "t", [(key, 1, 0) for key in "abcdef"])
    log.write(tmp_path, "s", [(key, 2, 1) for key in "abcdef"])
    builder = StreamsBuilder()
    stream = builder.stream("s").repartition(Repartitioned(partitions=3, name="wide"))
    stream.join(builder.table("t"), lambda left, right: [left, right]).to("out")
    run(tmp_path, builder.build())
    assert sorted(log.read(tmp_path, "out")) == [(key, [2, 1]) for key in "abcdef"]


def counting_by_value() -> Topology:
    builder = StreamsBuilder()
    builder.stream("in").select_key(lambda _, value: value).group_by_key().count(Materialized("n"))
    return builder.build()


def test_inputs_that_grew_behind_a_repartition_topic_are_refused_with_both_counts_and_the_mend(tmp_path: Path) -> None:
    log.create(tmp_path, **{"in": 1})
    log.write(tmp_path, "in", [("a", "x", 0)])
    run(tmp_path, counting_by_value())
    opened = open_log(tmp_path / "log")
    opened.admin().add_partitions("in", 2)
    opened.close()
    error = failing(tmp_path, counting_by_value())
    assert "repartition' has 1 partitions, but the inputs now ask for 2" in str(error)
    assert "headrace reset app" in str(error)


def test_an_input_that_grows_in_mid_run_is_noticed(tmp_path: Path) -> None:
    log.create(tmp_path, **{"in": 1, "out": 1})
    app = App("app", copying(), data_dir=tmp_path, commit_interval="20ms")
    with app:
        app.wait_until_running()
        opened = open_log(tmp_path / "log")
        opened.admin().add_partitions("in", 2)
        opened.close()
        log.write(tmp_path, "in", [("a", 1, 0)], partition=1)
        log.wait_for(tmp_path, "out", 1)
    assert log.read(tmp_path, "out") == [("a", 1)]


# ---- where to begin -----------------------------------------------------------------------------------------------


def test_offset_reset_none_without_a_position_is_an_error_with_the_mend(tmp_path: Path) -> None:
    log.create(tmp_path, **{"in": 1, "out": 1})
    error = failing(tmp_path, copying(offset_reset="none"))
    assert isinstance(error, OffsetOutOfRangeError)
    assert "no position is committed for in-0" in str(error)
    assert 'Consumed(offset_reset="earliest")' in str(error)


def test_offset_reset_latest_begins_at_the_end_and_a_restart_does_not_skip_what_has_come_since(tmp_path: Path) -> None:
    log.create(tmp_path, **{"in": 1, "out": 1})
    log.write(tmp_path, "in", [("a", "old", 0)])
    run(tmp_path, copying(offset_reset="latest"))
    log.write(tmp_path, "in", [("a", "new", 1)])
    run(tmp_path, copying(offset_reset="latest"))
    assert log.read(tmp_path, "out") == [("a", "new")]


def test_offset_reset_by_duration_begins_so_far_back(tmp_path: Path) -> None:
    log.create(tmp_path, **{"in": 1, "out": 1})
    log.write(tmp_path, "in", [("a", hour, hour * 3_600_000) for hour in range(5)])
    run(tmp_path, copying(offset_reset=timedelta(hours=2)), clock=ManualClock(4 * 3_600_000))
    assert [value for _, value in log.read(tmp_path, "out")] == [2, 3, 4]


@pytest.mark.parametrize(("reset", "found"), [("earliest", [3, 4]), ("latest", [])])
def test_a_position_whose_records_were_given_up_goes_the_way_of_the_reset(tmp_path: Path, reset: Any, found: Any) -> None:
    log.create(tmp_path, **{"in": 1, "out": 1})
    log.write(tmp_path, "in", [("a", 0, 0)])
    run(tmp_path, copying())
    log.write(tmp_path, "in", [("a", number, number) for number in range(1, 5)])
    log.delete_before(tmp_path, "in", 3)
    run(tmp_path, copying(offset_reset=reset))
    assert [value for _, value in log.read(tmp_path, "out")[1:]] == found


def test_a_position_whose_records_were_given_up_is_an_error_if_there_is_no_reset(tmp_path: Path) -> None:
    log.create(tmp_path, **{"in": 1, "out": 1})
    log.write(tmp_path, "in", [("a", 0, 0)])
    run(tmp_path, copying())
    log.write(tmp_path, "in", [("a", number, number) for number in range(1, 5)])
    log.delete_before(tmp_path, "in", 3)
    error = failing(tmp_path, copying(offset_reset="none"))
    assert "the committed position 1 of in-0 is not there any more: it has offsets 3 to 5" in str(error)


# ---- names --------------------------------------------------------------------------------------------------------


class Looks(Processor[str, Any, str, Any]):
    """Reads a store by a name that nobody gave it."""

    def process(self, record: Record[str, Any]) -> None:
        self.context.store("misspelt").get(record.key)


def test_a_store_read_under_a_wrong_name_by_a_processor_says_which_it_is_connected_to(tmp_path: Path) -> None:
    log.create(tmp_path, **{"in": 1})
    log.write(tmp_path, "in", [("a", 1, 0)])
    builder = StreamsBuilder()
    builder.table("t", materialized=Materialized("t-store"))
    builder.stream("in").process(Looks, "t-store")
    error = failing(tmp_path, builder.build())
    assert isinstance(error, UnknownStoreError)
    assert "is not connected to a store 'misspelt'; it is connected to 't-store'" in str(error)
    assert "topic 'in', partition 0, offset 0" in str(error)


def test_a_store_read_under_a_wrong_name_from_outside_says_which_there_are(tmp_path: Path) -> None:
    log.create(tmp_path, **{"in": 1})
    with App("app", counting_by_value(), data_dir=tmp_path) as app:
        app.wait_until_running()
        with pytest.raises(UnknownStoreError, match=r"no store 'm'; there are: n\n"):
            app.store("m")
        with pytest.raises(ConfigurationError, match="read is 'dirty'"):
            app.store("n", read="dirty")  # type: ignore[arg-type]


@pytest.mark.parametrize(("option", "value", "said"), [
    ("commit_intervall", "1s", "did you mean 'commit_interval'?"),
    ("guarantee", "twice", "exactly_once_v2"),
    ("commit_interval", "soon", "commit_interval"),
    ("on_process_error", "ignore", "on_process_error"),
])  # fmt: skip
def test_an_unknown_or_misspelt_option_is_refused_before_anything_is_touched(
    tmp_path: Path, option: str, value: str, said: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        App("app", copying(), data_dir=tmp_path / "data", **{option: value})
    assert said in str(caught.value)
    assert not (tmp_path / "data").exists()


# ---- owners and directories ---------------------------------------------------------------------------------------


def test_a_second_owner_is_refused_with_the_process_of_the_first(tmp_path: Path) -> None:
    log.create(tmp_path, **{"in": 1, "out": 1})
    with App("app", copying(), data_dir=tmp_path) as first:
        first.wait_until_running()
        second = App("app", copying(), data_dir=tmp_path)
        with pytest.raises(OwnedError, match="app"):
            second.run(until_end=True)
        with pytest.raises(OwnedError):
            second.clean_up()
        assert second.state is AppState.ERROR
        assert first.state is AppState.RUNNING


def test_state_of_a_running_application_is_not_deleted(tmp_path: Path) -> None:
    log.create(tmp_path, **{"in": 1, "out": 1})
    with App("app", copying(), data_dir=tmp_path) as app:
        app.wait_until_running()
        with pytest.raises(LifecycleError, match="close it first"):
            app.clean_up()


def test_the_data_directory_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / "notes.txt").write_text("mine")
    error = failing(tmp_path, copying())
    assert isinstance(error, LogFormatError)
    assert "data directory of something else" in str(error)
    assert (tmp_path / "log" / "notes.txt").read_text() == "mine"


def test_a_topic_that_is_both_there_and_wanted_keeps_its_partitions(tmp_path: Path) -> None:
    opened = open_log(tmp_path / "log")
    opened.admin().create_topics([NewTopic("in", 2), NewTopic("out", 5)])
    opened.close()
    run(tmp_path, copying(), topic_partitions=1)
    opened = open_log(tmp_path / "log")
    assert opened.admin().topics()["out"].partitions == 5
    opened.close()
