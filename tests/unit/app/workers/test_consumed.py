from headrace import Grouped, Materialized, StreamsBuilder, TopicPartition, Topology
from headrace.app.workers.consumed import all_consumed
from headrace.log.api import NewTopic, Position
from headrace.log.memory import MemoryLog
from support import tasks as bench


def regrouping() -> Topology:
    builder = StreamsBuilder()
    builder.stream("in").group_by(lambda _key, value: value, Grouped(name="again")).count(Materialized("n"))
    return builder.build()


def consumed(log: MemoryLog) -> bool:
    return all_consumed(log.admin(), regrouping(), "app")


def set_position(log: MemoryLog, topic: str, offset: int) -> None:
    log.admin().set_positions("app", {TopicPartition(topic, 0): Position(offset)})


def test_all_inputs_count_those_between_the_workers_too(log: MemoryLog):
    again = "app-again-repartition"
    log.admin().create_topics([NewTopic(again, 2)])
    assert consumed(log)  # there is nothing

    bench.write(log, "in", (b"k", b"1", 1))
    assert not consumed(log)

    set_position(log, "in", 1)
    assert consumed(log)

    bench.write(log, again, (b"1", b"1", 1))
    assert not consumed(log)

    set_position(log, again, 1)
    assert consumed(log)


def test_what_was_given_up_unread_is_not_waited_for(log: MemoryLog):
    log.admin().create_topics([NewTopic("app-again-repartition", 2)])
    bench.write(log, "in", (b"k", b"1", 1))
    log.admin().delete_records({TopicPartition("in", 0): 1})
    assert consumed(log)
