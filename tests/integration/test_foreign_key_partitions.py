"""A foreign-key join between tables with different partition counts: answers find their way back."""

import random

import pytest

from headrace import App, StreamsBuilder
from headrace.core.hashing import partition_for
from headrace.core.identifiers import TopicPartition
from headrace.core.time import SystemClock
from headrace.formats.json import Json
from headrace.log.api import NewTopic, RecordColumns
from headrace.log.memory import MemoryLog

PARTITIONS = {"orders": 3, "users": 5, "joined": 3}
ENCODE, DECODE = Json().encoder("", is_key=False), Json().decoder("", is_key=False)


def program(how):
    builder = StreamsBuilder()
    orders, users = builder.table("orders"), builder.table("users")
    join = orders.join_on if how == "inner" else orders.left_join_on
    join(users, lambda _key, order: order["user"], lambda order, user: [order["n"], user]).to_stream().to("joined")
    return builder.build()


def fill(producer):
    """Random rows of both tables; returns what each holds in the end."""
    chance, tables = random.Random(7), {"orders": {}, "users": {}}
    for n in range(600):
        topic, rows = chance.choice([("orders", 40), ("users", 10)])
        key = f"{topic}-{chance.randrange(rows)}"
        row = {"user": f"users-{chance.randrange(10)}", "n": n} if topic == "orders" else n
        columns = RecordColumns()
        if chance.random() < 0.15:
            tables[topic].pop(key, None)
            columns.append(key.encode(), None, n, ())
        else:
            tables[topic][key] = row
            columns.append(key.encode(), ENCODE(row), n, ())
        producer.append(topic, partition_for(key.encode(), PARTITIONS[topic]), columns)
    producer.flush()
    return tables


def last_values(log, topic):
    reader, found = log.reader(), {}
    reader.assign({TopicPartition(topic, partition): 0 for partition in range(PARTITIONS[topic])})
    while batches := reader.poll(1_000, 0.0):
        for batch in batches:
            found.update(zip(batch.keys, batch.values, strict=True))
    return {key.decode(): DECODE(value) for key, value in found.items() if value is not None}


@pytest.mark.parametrize("how", ["inner", "left"])
def test_each_order_has_its_user_in_the_end(tmp_path, how):
    log = MemoryLog(SystemClock())
    log.admin().create_topics([NewTopic(name, count) for name, count in PARTITIONS.items()])
    tables = fill(log.producer())
    App("orders-app", program(how), log=log, data_dir=tmp_path).run(until_end=True)
    users = tables["users"]
    kept = {key: order for key, order in tables["orders"].items() if how == "left" or order["user"] in users}
    assert last_values(log, "joined") == {key: [order["n"], users.get(order["user"])] for key, order in kept.items()}
    counts = {name: topic.partitions for name, topic in log.admin().topics().items() if name.endswith("-topic")}
    assert sorted(counts.values()) == [3, 5]
