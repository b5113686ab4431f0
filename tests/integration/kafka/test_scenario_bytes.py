"""Bytes on the wire, as recorded from Kafka Streams on a real broker."""

from __future__ import annotations

from struct import pack

from headrace import (
    BufferConfig,
    Consumed,
    Grouped,
    JoinWindows,
    Materialized,
    Produced,
    SessionWindows,
    StreamJoined,
    StreamsBuilder,
    String,
    Suppressed,
    SystemClock,
    TableJoined,
    Topology,
)
from support.kafka_access import KafkaAccess

BASE = SystemClock().now_ms() // 100_000 * 100_000 - 3_600_000
"""An hour ago: brokers soon delete windows that are older than their changelog's retention."""

TEXT = Consumed(key=String(), value=String())
UNCACHED = {"memory_limit": "0"}


def time(after: int) -> str:
    """A time after BASE as it stands in keys."""
    return pack(">q", BASE + after).hex()


def logged(access: KafkaAccess, topic: str) -> list[tuple[int, str | None, str | None]]:
    """Time after BASE, key and value of the records of an internal topic."""
    return [(found.timestamp - BASE, found.key, found.value) for found in access.found(f"app-{topic}")]


def test_14_a_table_regrouped(access: KafkaAccess) -> None:
    access.create(q=1, out=1)
    access.write("q", [("k", b"A", BASE + 100), ("k", b"B", BASE + 200), ("k", None, BASE + 300)])
    builder = StreamsBuilder()
    grouped = builder.table("q", TEXT).group_by(lambda _, value: ("G", value), Grouped(key=String(), value=String(), name="tg"))
    reduced = grouped.reduce(lambda x, y: x + y, lambda x, y: x.replace(y, "-"), Materialized("red", value=String()))
    reduced.to_stream().to("out", Produced(value=String()))
    access.run(builder.build(), **UNCACHED)
    assert logged(access, "tg-repartition") == [(100, "47", "4101"), (200, "47", "02424102"), (300, "47", "4200")]
    assert logged(access, "red-changelog") == [(100, "47", "41"), (200, "47", "2d42"), (300, "47", "2d2d")]
    assert [found.value for found in access.found("out")] == ["41", "2d42", "2d2d"]


def test_15_a_foreign_key_join(access: KafkaAccess) -> None:
    access.create(left=1, right=1, out=1)
    access.write("right", [("F", b"right", BASE + 900)])
    access.write("left", [("p", b"F", BASE + 1_000)])
    builder = StreamsBuilder()
    left = builder.table("left", TEXT, Materialized("left", history="60s"))
    right = builder.table("right", TEXT, Materialized("right"))
    joined = left.join_on(
        right, lambda _, value: value, lambda x, y: x + y, TableJoined(name="fk"), Materialized("fks", value=String())
    )
    joined.to_stream().to("out", Produced(value=String()))
    access.run(builder.build(), **UNCACHED)
    value_hash = "f3a4f244fac77d1dd94ae8387a5d48b6"
    registration = f"0103{value_hash}7000000000"
    assert logged(access, "fk-subscription-registration-topic") == [(1_000, "46", registration)]
    assert logged(access, "fk-subscription-store-changelog") == [(1_000, "000000014670", registration)]
    assert logged(access, "fk-subscription-response-topic") == [(1_000, "70", f"00{value_hash}7269676874")]
    assert logged(access, "fks-changelog") == [(1_000, "70", "467269676874")]
    assert logged(access, "left-changelog") == [(1_000, "70", "46")]
    assert logged(access, "right-changelog") == [(900, "46", "7269676874")]


def sessions() -> Topology:
    builder = StreamsBuilder()
    windows = SessionWindows(gap="100ms", grace=0)
    counts = builder.stream("t5b", TEXT).group_by_key().windowed_by(windows).count(Materialized("s"))
    closed = counts.suppress(Suppressed.until_window_closes(BufferConfig.unbounded(), name="sup"))
    closed.to_stream().map(lambda w, count: (w.key, str(count))).to("out", Produced(key=String(), value=String()))
    return builder.build()


def test_16_a_suppressed_session(access: KafkaAccess) -> None:
    access.create(t5b=1, out=1)
    access.write("t5b", [("a", b"1", BASE + 1_000), ("a", b"2", BASE + 1_050)])
    access.run(sessions(), **UNCACHED)
    access.write("t5b", [("a", b"3", BASE + 5_000)])
    access.run(sessions(), **UNCACHED)
    emitted, waiting = f"61{time(1_050)}{time(1_000)}", f"61{time(5_000)}{time(5_000)}"
    changes = access.found("app-sup-store-changelog")
    last = {found.key: found for found in changes}
    assert [(found.value is None, found.headers) for found in changes if found.key == emitted] == [
        (False, (("v", b"\x03"),)),
        (True, ()),
    ]
    assert last[waiting].headers == (("v", b"\x03"),)
    # Java also has offset, topic and partition of the record; here they are not known (-1, "", -1).
    context = f"{time(5_000)}{'ff' * 8}{0:08x}{'ff' * 4}{0:08x}"
    assert last[waiting].value == f"{context}{'ff' * 8}{8:08x}{1:016x}{time(5_000)}"
    assert [(found.timestamp - BASE, found.key, found.value) for found in access.found("out")] == [(1_050, "61", "32")]


def outer_join() -> Topology:
    builder = StreamsBuilder()
    windows = JoinWindows.within("100ms", grace="50ms")
    stores = StreamJoined(key=String(), left=String(), right=String(), name="ojn", store_name=("this", "other"))
    joined = builder.stream("l", TEXT).outer_join(builder.stream("r", TEXT), lambda x, y: f"{x}|{y}", windows, stores)
    joined.to("out", Produced(value=String()))
    return builder.build()


def test_17_an_outer_join(access: KafkaAccess) -> None:
    access.create(l=1, r=1, out=1)
    access.write("l", [("a", b"L", BASE + 1_000)])
    access.write("r", [("a", b"R", BASE + 1_020), ("b", b"RR", BASE + 1_030)])
    access.run(outer_join(), **UNCACHED)
    changelogs = sorted(name for name in access.log.admin().partition_counts() if name.endswith("-changelog"))
    by_role = {name.removeprefix("app-"): logged(access, name.removeprefix("app-")) for name in changelogs}
    assert by_role.pop("this-changelog") == [(1_000, f"61{time(1_000)}00000001", "4c")]
    other = [(1_020, f"61{time(1_020)}00000001", "52"), (1_030, f"62{time(1_030)}00000002", "5252")]
    assert by_role.pop("other-changelog") == other
    (shared,) = by_role.values()
    # The time of the tombstone is that of the record it removes; Java has the time of the record that removes it.
    assert [(key, value) for _, key, value in shared] == [
        (f"{time(1_000)}0161", "010000000100000002014c"),
        (f"{time(1_000)}0161", None),
        (f"{time(1_030)}0062", "010000000100000003005252"),
    ]
    assert [found.value for found in access.found("out")] == [b"L|R".hex()]
