import re
from pathlib import Path

import pytest

from headrace import (
    Consumed,
    Decision,
    Grouped,
    Json,
    Materialized,
    Processor,
    Produced,
    PunctuationType,
    Record,
    StreamsBuilder,
    TumblingWindows,
    Windowed,
)
from headrace.core.errors import ConfigurationError, LifecycleError, ProcessingError, UnknownStoreError, UnknownTopicError
from headrace.testing import TestDriver

TEXT = Consumed(key=str, value=str)


def shouting() -> StreamsBuilder:
    builder = StreamsBuilder()
    builder.stream("words", TEXT).map_values(str.upper).to("loud")
    return builder


def counting() -> StreamsBuilder:
    builder = StreamsBuilder()
    words = builder.stream("words", TEXT).group_by(lambda _key, word: word, Grouped(key=str, value=str, name="by-word"))
    words.count(name="counts").to_stream().to("totals")
    return builder


class Ticking(Processor[str, str, str, str]):
    """Forwards the time at each tick of both clocks, and says when it is closed."""

    closed = 0

    def init(self, context):
        super().init(context)
        context.schedule("10s", PunctuationType.WALL_CLOCK_TIME, lambda now: self.tick("wall", now))
        context.schedule("10s", PunctuationType.STREAM_TIME, lambda now: self.tick("stream", now))

    def tick(self, clock: str, now: int) -> None:
        self.context.forward(Record(clock, str(now), now))

    def process(self, record):
        if record.value == "commit":
            self.context.commit()

    def close(self):
        Ticking.closed += 1


def ticking() -> StreamsBuilder:
    builder = StreamsBuilder()
    builder.stream("in", TEXT).process(Ticking).to("ticks", Produced(key=str, value=str))
    return builder


# ---- records ----------------------------------------------------------------------------------------------------------


def test_processes_a_record_before_pipe_returns():
    with TestDriver(shouting().build()) as driver:
        driver.topic("words").pipe("k", "hello", timestamp=5, headers=(("h", b"1"),))

        assert driver.topic("loud").read() == ("k", "HELLO", 5, (("h", b"1"),))


def test_goes_on_through_internal_topics():
    with TestDriver(counting().build()) as driver:
        words = driver.topic("words")
        words.pipe(None, "a")
        words.pipe(None, "b")
        words.pipe(None, "a")

        assert driver.topic("totals").key_values() == [("a", 1), ("b", 1), ("a", 2)]


def test_knows_the_topics_that_steps_have_written_to():
    with TestDriver(counting().build()) as driver:
        assert driver.written_topics() == []
        driver.topic("words").pipe(None, "a")

        assert driver.written_topics() == ["totals"]


def test_internal_topics_can_be_read_by_their_whole_names():
    with TestDriver(counting().build()) as driver:
        driver.topic("words").pipe(None, "a")

        assert driver.topic("test-driver-counts-changelog", key=str, value=int).key_values() == [("a", 1)]


def test_a_mistyped_topic_is_an_error_for_reading_and_writing():
    with TestDriver(shouting().build()) as driver:
        with pytest.raises(UnknownTopicError, match=r"(?s)reads or writes topic 'luod'.*there are: loud, words"):
            driver.topic("luod")
        with pytest.raises(UnknownTopicError, match=r"'loud' is only written by the topology.*\n.* reads: words$"):
            driver.topic("loud").pipe("k", "x")


def test_topics_that_match_a_pattern_appear_when_they_are_piped_to():
    builder = StreamsBuilder()
    builder.stream(re.compile("words-.*"), TEXT).to("out")
    with TestDriver(builder.build()) as driver:
        driver.topic("words-de").pipe("k", "eins")
        driver.topic("words-en").pipe("k", "one")

        assert driver.topic("out", key=str, value=str).values() == ["eins", "one"]


def test_topics_that_a_sink_names_per_record_appear_when_they_are_written():
    builder = StreamsBuilder()
    builder.stream("in", TEXT).to(lambda key, _value, _metadata: f"to-{key}")
    with TestDriver(builder.build()) as driver:
        assert driver.topic("to-a").is_empty
        driver.topic("in").pipe("a", "x")

        assert driver.topic("to-a").values() == ["x"]
        assert driver.written_topics() == ["to-a"]


def test_global_tables_take_records():
    builder = StreamsBuilder()
    countries = builder.global_table("countries", TEXT, materialized=Materialized("names"))
    stream = builder.stream("in", TEXT)
    stream.join(countries, lambda left, right: f"{left}={right}", key=lambda _key, value: value).to("out")
    with TestDriver(builder.build()) as driver:
        driver.topic("countries").pipe("de", "Germany")
        driver.topic("in").pipe("k", "de")

        assert driver.topic("out").values() == ["de=Germany"]
        assert driver.store("names").get("de").value == "Germany"


# ---- time and commit --------------------------------------------------------------------------------------------------


def test_the_wall_clock_stands_still_until_it_is_moved():
    with TestDriver(ticking().build(), start_ms=1_000) as driver:
        driver.topic("in").pipe("k", "x", timestamp=0)
        driver.topic("ticks").rows()
        driver.advance_wall_clock("9s")
        assert driver.topic("ticks").is_empty
        driver.advance_wall_clock("1s")

        assert driver.now_ms == 11_000
        assert driver.topic("ticks").key_values() == [("wall", "11000")]


def test_missed_ticks_of_the_wall_clock_are_not_made_up_for():
    with TestDriver(ticking().build()) as driver:
        driver.advance_wall_clock("35s")

        assert driver.topic("ticks").key_values() == [("wall", "35000")]


def test_stream_time_moves_with_the_records():
    with TestDriver(ticking().build()) as driver:
        for time in (0, 9_000, 10_000):
            driver.topic("in").pipe("k", "x", timestamp=time)

        assert driver.topic("ticks").key_values() == [("stream", "0"), ("stream", "10000")]


def test_records_without_a_timestamp_get_the_wall_clock():
    with TestDriver(shouting().build(), start_ms=7) as driver:
        driver.topic("words").pipe("k", "x")

        assert driver.topic("loud").read().timestamp == 7


def test_with_caching_updates_wait_for_the_commit():
    with TestDriver(counting().build(), caching=True) as driver:
        for _ in range(3):
            driver.topic("words").pipe(None, "a")
        assert driver.topic("totals").is_empty
        driver.commit()

        assert driver.topic("totals").key_values() == [("a", 3)]


def test_a_processor_may_ask_for_the_commit():
    builder = counting()
    builder.stream("in", TEXT).process(Ticking)
    with TestDriver(builder.build(), caching=True) as driver:
        driver.topic("words").pipe(None, "a")
        driver.commit()
        driver.topic("words").pipe(None, "a")
        driver.topic("in").pipe(None, "commit")
        driver.commit()

        assert driver.topic("totals").key_values() == [("a", 1), ("a", 2)]


# ---- state ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ["memory", "rocksdb"])
def test_stores_are_read_as_processors_see_them(engine):
    with TestDriver(counting().build(), engine=engine) as driver:
        driver.topic("words").pipe(None, "a", timestamp=4)

        assert driver.stores() == ["counts"]
        assert driver.store("counts").get("a").value == 1
        assert driver.store("counts").get("a").timestamp == 4


def test_a_misspelt_option_of_the_driver_s_own_gets_its_name():
    with pytest.raises(ConfigurationError, match=r"unknown option 'cachng'\n  hint: did you mean 'caching'\?"):
        TestDriver(counting().build(), cachng=True)


def test_a_name_of_kafka_s_driver_gets_the_one_here():
    with TestDriver(counting().build()) as driver:
        with pytest.raises(AttributeError, match=r"TestDriver has no 'createInputTopic'; did you mean topic\?"):
            driver.createInputTopic("words")
        with pytest.raises(AttributeError, match=r"TestTopic has no 'pipeInput'; did you mean pipe\?"):
            driver.topic("words").pipeInput("a")


def test_an_unknown_store_is_told_with_those_there_are():
    with TestDriver(counting().build()) as driver, pytest.raises(UnknownStoreError, match=r"(?s)'nix'.*there are: counts"):
        driver.store("nix")


def test_windows_come_out_with_windowed_keys():
    builder = StreamsBuilder()
    grouped = builder.stream("words", TEXT).group_by_key()
    grouped.windowed_by(TumblingWindows(size="10s", grace="0s")).count(name="windows").to_stream().to("out")
    with TestDriver(builder.build()) as driver:
        driver.topic("words").pipe("a", "x", timestamp=12_000)

        assert driver.topic("out").to_map() == {Windowed("a", 10_000, 20_000): 1}


# ---- errors and life cycle --------------------------------------------------------------------------------------------


def test_an_error_of_user_code_names_its_line_and_ends_the_driver():
    builder = StreamsBuilder()
    builder.stream("in", TEXT).map_values(int).to("out", Produced(key=str, value=int))
    with TestDriver(builder.build()) as driver:
        with pytest.raises(ProcessingError, match="offset 0"):
            driver.topic("in").pipe("k", "no number")
        with pytest.raises(LifecycleError, match="has failed before"):
            driver.topic("in").pipe("k", "1")


def test_error_policies_are_options_and_may_be_functions():
    def build() -> StreamsBuilder:
        builder = StreamsBuilder()
        builder.stream("in", TEXT).map_values(int).to("out", Produced(key=str, value=int))
        return builder

    failures = []

    def skip(failed):
        failures.append(failed.value)
        return Decision.SKIP

    for policy in ("skip", skip):
        with TestDriver(build().build(), on_process_error=policy) as driver:
            driver.topic("in").pipe_values(["x", "1"])
            assert driver.topic("out").values() == [1]
    assert failures == [b"x"]


def test_dead_letters_are_kept_with_their_bytes():
    builder = StreamsBuilder()
    builder.stream("in", TEXT).map_values(int).to("out", Produced(key=str, value=int))
    with TestDriver(builder.build(), on_process_error="dlq") as driver:
        driver.topic("in").pipe("k", "x")

        row = driver.topic("test-driver-dlq", key=str, value=bytes).read()
        assert (row.key, row.value) == ("k", b"x")


def test_closes_processors_once():
    Ticking.closed = 0
    driver = TestDriver(ticking().build())
    driver.close()
    driver.close()

    assert Ticking.closed == 1


def test_removes_its_files(monkeypatch, tmp_path: Path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with TestDriver(counting().build(), engine="rocksdb") as driver:
        driver.topic("words").pipe(None, "a")
        assert list(tmp_path.iterdir())

    assert list(tmp_path.iterdir()) == []


def test_leaves_nothing_behind_if_a_processor_cannot_be_made(monkeypatch, tmp_path: Path):
    class Broken(Processor[str, str, str, str]):
        def init(self, _context):
            raise ValueError("broken")

    builder = counting()
    builder.stream("in", TEXT).process(Broken)
    topology = builder.build()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    with pytest.raises(Exception, match="broken"):
        TestDriver(topology, engine="rocksdb")
    assert list(tmp_path.iterdir()) == []


def test_neither_environment_nor_files_change_its_options(monkeypatch, tmp_path: Path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "headrace.toml").write_text('app_id = "from-file"\n')
    monkeypatch.setenv("HEADRACE_APP_ID", "from-environment")
    with TestDriver(counting().build()) as driver:
        driver.topic("words").pipe(None, "a")

        assert not driver.topic("test-driver-counts-changelog", key=str, value=int).is_empty


def test_two_drivers_of_one_topology_share_nothing():
    topology = counting().build()
    with TestDriver(topology) as one, TestDriver(topology) as other:
        one.topic("words").pipe(None, "a")

        assert other.topic("totals").is_empty
        assert other.store("counts").get("a") is None


def test_the_fixture_makes_drivers_and_closes_them(headrace_driver):
    Ticking.closed = 0
    driver = headrace_driver(ticking().build(), start_ms=5)

    assert driver.now_ms == 5


def test_json_values_are_the_default():
    builder = StreamsBuilder()
    builder.stream("in").map_values(lambda value: {"n": value["n"] + 1}).to("out", Produced(key=str, value=Json()))
    with TestDriver(builder.build()) as driver:
        driver.topic("in").pipe("k", {"n": 1})

        assert driver.topic("out").read_value() == {"n": 2}
