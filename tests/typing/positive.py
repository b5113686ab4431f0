"""Chains that must type-check, with the types they must have. Never run: mypy and pyright read it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, assert_type

from headrace import (
    Branched,
    BufferConfig,
    Consumed,
    GlobalKTable,
    Grouped,
    HoppingWindows,
    Joined,
    JoinWindows,
    KGroupedStream,
    KGroupedTable,
    KStream,
    KTable,
    Materialized,
    Processor,
    Produced,
    Record,
    RecordMetadata,
    Repartitioned,
    SessionWindows,
    SlidingWindows,
    StreamJoined,
    StreamsBuilder,
    Suppressed,
    TableJoined,
    TumblingWindows,
    Windowed,
)
from headrace.formats import Int64, Json, String
from headrace.processor.transformer import ValueTransformer


@dataclass
class Click:
    page: str
    at: int


@dataclass
class User:
    name: str
    city: str


builder = StreamsBuilder()

# ---- sources ----------------------------------------------------------------------------------------------------------

assert_type(builder.stream("raw"), KStream[str, Any])
assert_type(builder.stream("raw", Consumed(timestamp="at")), KStream[str, Any])
clicks = builder.stream("clicks", Consumed(value=Json(Click), timestamp="at"))
assert_type(clicks, KStream[str, Click])
assert_type(builder.stream("by-type", Consumed(value=Click)), KStream[str, Click])
numbers = builder.stream("numbers", Consumed(key=int, value=Int64()))
assert_type(numbers, KStream[int, int])
assert_type(builder.stream("keyed", Consumed(key=Int64())), KStream[int, Any])
assert_type(builder.stream(["a", "b"], Consumed(value=str)), KStream[str, str])
assert_type(builder.stream(re.compile("a.*"), Consumed(value=str)), KStream[str, str])
users = builder.table("users", Consumed(value=User))
assert_type(users, KTable[str, User])
assert_type(builder.table("loose"), KTable[str, Any])
assert_type(builder.table("kept", Consumed(value=User), Materialized("kept-store")), KTable[str, User])
countries = builder.global_table("countries", Consumed(key=int, value=str))
assert_type(countries, GlobalKTable[int, str])

# ---- transforms -------------------------------------------------------------------------------------------------------

assert_type(clicks.filter(lambda user, click: click.at > 0 and user.isalpha()), KStream[str, Click])
assert_type(clicks.filter_not(lambda user, click: click.page == "/"), KStream[str, Click])
assert_type(clicks.map(lambda user, click: (click.at, click.page)), KStream[int, str])
assert_type(clicks.map_values(lambda click: click.page), KStream[str, str])
assert_type(clicks.map_values(lambda click: click.page).map_values(len), KStream[str, int])
assert_type(clicks.map_values_with_key(lambda user, click: (user, click.at)), KStream[str, tuple[str, int]])
assert_type(clicks.flat_map(lambda user, click: [(click.at, user)]), KStream[int, str])
assert_type(clicks.flat_map_values(lambda click: click.page.split("/")), KStream[str, str])
assert_type(clicks.flat_map_values_with_key(lambda user, click: [len(user), click.at]), KStream[str, int])
assert_type(clicks.select_key(lambda user, click: click.at), KStream[int, Click])
assert_type(clicks.peek(print), KStream[str, Click])
assert_type(clicks.repartition(Repartitioned(partitions=3, key=String())), KStream[str, Click])
assert_type(clicks.through("checked", Produced(value=Json(Click))), KStream[str, Click])
assert_type(
    clicks.map_values(lambda click: click.at).merge(clicks.map_values(lambda click: click.page)), KStream[str, int | str]
)
assert_type(clicks.to_table(Materialized("latest", value=Click)), KTable[str, Click])
clicks.foreach(lambda user, click: print(user, click.page))
clicks.print("clicks")
clicks.to("out")
clicks.to("out", Produced(key=String(), value=Click, partitioner=lambda topic, user, click, n: len(user) % n))


def topic_of(user: str, click: Click, origin: RecordMetadata | None) -> str:
    return click.page if origin is None else origin.topic


clicks.to(topic_of)


async def located(click: Click) -> float:
    return float(click.at)


async def known(user: str, click: Click) -> bool:
    return user == click.page


async def links(click: Click) -> Iterable[str]:
    return [click.page]


assert_type(clicks.map_values_async(located, concurrency=4, timeout="2s"), KStream[str, float])
assert_type(clicks.filter_async(known, retries=1), KStream[str, Click])
assert_type(clicks.flat_map_values_async(links, timeout=timedelta(seconds=1)), KStream[str, str])
clicks.foreach_async(known)

# ---- branches and processors ------------------------------------------------------------------------------------------

split = clicks.split(name="clicks-")
branches = split.branch(lambda user, click: click.at > 3, Branched("late")).default_branch()
assert_type(branches, dict[str, KStream[str, Click]])
clicks.split().branch(
    lambda user, click: True, Branched(consumer=lambda branch: branch.map_values(lambda click: click.page).to("pages"))
).no_default_branch()


class Pages(Processor[str, Click, int, str]):
    def process(self, record: Record[str, Click]) -> None:
        self.context.forward(record.with_key(record.value.at).with_value(record.value.page))


class Lengths(Processor[str, Click, str, int]):
    def process(self, record: Record[str, Click]) -> None:
        self.context.forward(record.with_value(len(record.value.page)))


class Cities(ValueTransformer[str, User, str]):
    def transform(self, key: str, value: User | None) -> str | None:
        return None if value is None else value.city


assert_type(clicks.process(Pages, "store"), KStream[int, str])
assert_type(clicks.process_values(Lengths), KStream[str, int])
assert_type(users.transform_values(Cities, materialized=Materialized("cities", value=str)), KTable[str, str])

# ---- aggregations -----------------------------------------------------------------------------------------------------

grouped = clicks.group_by_key(Grouped(value=Click))
assert_type(grouped, KGroupedStream[str, Click])
assert_type(clicks.group_by(lambda user, click: click.at, Grouped(key=int)), KGroupedStream[int, Click])
assert_type(grouped.count(), KTable[str, int])
assert_type(grouped.count(Materialized("counts"), name="counting"), KTable[str, int])
assert_type(grouped.reduce(lambda newest, click: click if click.at > newest.at else newest), KTable[str, Click])
assert_type(grouped.aggregate(int, lambda user, click, total: total + click.at), KTable[str, int])
assert_type(
    grouped.aggregate(int, lambda user, click, total: total + click.at, Materialized("totals", value=int)), KTable[str, int]
)
tumbling = TumblingWindows(size=timedelta(minutes=1), grace="5s")
assert_type(grouped.windowed_by(tumbling).count(), KTable[Windowed[str], int])
hopping = HoppingWindows(size="1m", advance="10s", grace=0)
assert_type(grouped.windowed_by(hopping).emit(on="window-close").count(), KTable[Windowed[str], int])
assert_type(grouped.windowed_by(SlidingWindows("1m", grace=0)).reduce(lambda one, other: other), KTable[Windowed[str], Click])
sessions = grouped.windowed_by(SessionWindows("30m", grace="1m"))
assert_type(sessions.emit(on="update").count(), KTable[Windowed[str], int])


def sum_of(user: str, one: int, other: int) -> int:
    return one + other


assert_type(sessions.aggregate(int, lambda user, click, n: n + click.at, sum_of), KTable[Windowed[str], int])
per_minute = grouped.windowed_by(tumbling).count()
final = per_minute.suppress(Suppressed.until_window_closes(BufferConfig.unbounded()))
assert_type(final, KTable[Windowed[str], int])
assert_type(users.suppress(Suppressed.until_time_limit("1m", BufferConfig.max_records(10))), KTable[str, User])
assert_type(per_minute.to_stream_with_key(lambda window, n: window.key), KStream[str, int])


def add_click(user: str, click: Click, total: int) -> int:
    return total + click.at


def add_number(user: str, number: int, total: int) -> int:
    return total + number


lengths = clicks.map_values(lambda click: len(click.page)).group_by_key()
assert_type(grouped.cogroup(add_click).cogroup(lengths, add_number).aggregate(int), KTable[str, int])
assert_type(grouped.cogroup(add_click).windowed_by(tumbling).aggregate(int), KTable[Windowed[str], int])

by_city = users.group_by(lambda name, user: (user.city, len(user.name)), Grouped(value=int))
assert_type(by_city, KGroupedTable[str, int])
assert_type(by_city.count(), KTable[str, int])
assert_type(by_city.reduce(lambda total, n: total + n, lambda total, n: total - n), KTable[str, int])

# ---- tables and joins -------------------------------------------------------------------------------------------------

assert_type(users.filter(lambda name, user: user.city == "Riga", Materialized("rigans")), KTable[str, User])
assert_type(users.map_values(lambda user: user.city), KTable[str, str])
assert_type(users.map_values_with_key(lambda name, user: (name, user.city)), KTable[str, tuple[str, str]])
assert_type(users.to_stream(), KStream[str, User])
windows = JoinWindows.within("5m", grace="10s")
assert_type(clicks.join(clicks, lambda one, other: (one.at, other.page), windows), KStream[str, tuple[int, str]])
assert_type(
    clicks.left_join(clicks, lambda one, other: other.at if other else one.at, windows, StreamJoined(left=Click)),
    KStream[str, int],
)
assert_type(
    clicks.outer_join(clicks, lambda one, other: one.page if one else "" if other is None else other.page, windows),
    KStream[str, str],
)
assert_type(clicks.join(users, lambda click, user: user.city, Joined(grace="1s")), KStream[str, str])
assert_type(clicks.left_join(users, lambda click, user: user.city if user else click.page), KStream[str, str])
assert_type(clicks.join_with_key(users, lambda key, click, user: (key, user.city)), KStream[str, tuple[str, str]])
assert_type(
    clicks.join(countries, lambda click, country: country + click.page, key=lambda user, click: click.at), KStream[str, str]
)
assert_type(
    clicks.left_join_with_key(countries, lambda user, click, country: country or user, key=lambda user, click: click.at),
    KStream[str, str],
)
cities = users.map_values(lambda user: user.city)
assert_type(users.join(cities, lambda user, city: user.name + city), KTable[str, str])
assert_type(users.left_join(cities, lambda user, city: city or user.city, Materialized("with-city")), KTable[str, str])
assert_type(users.outer_join(cities, lambda user, city: (user, city)), KTable[str, tuple[User | None, str | None]])
codes = builder.table("codes", Consumed(key=int, value=str))
assert_type(users.join_on(codes, lambda name, user: len(name), lambda user, code: user.city + code), KTable[str, str])
assert_type(
    users.left_join_on(codes, lambda name, user: len(name), lambda user, code: code or "", TableJoined(name="coded")),
    KTable[str, str],
)
