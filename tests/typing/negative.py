"""Chains with a wrong type: each line marked as an error must be one for mypy and for pyright, and no other. Never run."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from headrace import (
    Branched,
    BufferConfig,
    Consumed,
    Grouped,
    Joined,
    JoinWindows,
    KStream,
    KTable,
    Materialized,
    Processor,
    Produced,
    Record,
    Repartitioned,
    SessionWindows,
    SlidingWindows,
    StreamJoined,
    StreamsBuilder,
    Suppressed,
    TableJoined,
    TumblingWindows,
    UnlimitedWindows,
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
clicks = builder.stream("clicks", Consumed(value=Click))
numbers = builder.stream("numbers", Consumed(key=int, value=int))
users = builder.table("users", Consumed(value=User))
codes = builder.table("codes", Consumed(key=int, value=str))
countries = builder.global_table("countries", Consumed(key=int, value=str))
grouped = clicks.group_by_key()
tumbling = TumblingWindows(size="1m", grace="5s")
windows = JoinWindows.within("5m", grace="10s")
unbounded = BufferConfig.unbounded()


def on_number(key: str, value: int) -> bool:
    return value > 0


def number_of(value: str) -> int:
    return int(value)


def more(one: int, other: int) -> int:
    return one + other


def add_number(key: str, value: int, total: int) -> int:
    return total + value


def add_click(key: str, click: Click, total: int) -> int:
    return total + click.at


def join_numbers(one: int, other: int) -> int:
    return one + other


async def parsed(value: str) -> int:
    return int(value)


async def words(click: Click) -> Iterable[str]:
    return click.page.split()


class Numbers(Processor[str, int, str, int]):
    def process(self, record: Record[str, int]) -> None:
        self.context.forward(record)


class Rekeyed(Processor[str, Click, int, Click]):
    def process(self, record: Record[str, Click]) -> None:
        self.context.forward(record.with_key(1))


class OfNumbers(ValueTransformer[str, int, int]):
    def transform(self, key: str, value: int | None) -> int | None:
        return value


# ---- building ---------------------------------------------------------------------------------------------------------

StreamsBuilder(naming="java")  # error
StreamsBuilder("stable")  # error
builder.stream(3)  # error
builder.stream("x", Consumed(offset_reset="newest"))  # error
builder.stream("x", Consumed(on_decode_error="ignore"))  # error
builder.stream("x", Consumed(value=3))  # error
builder.stream("x", Produced(value=int))  # error
builder.table(re.compile("x.*"), Consumed(value=int))  # error
builder.table("x", Consumed(value=int), Materialized("s", value=str))  # error
by_number: KStream[int, str] = builder.stream("x", Consumed(value=str))  # error
user_names: KTable[str, str] = builder.table("x", Consumed(value=User))  # error
builder.add_state_store("name")  # error

# ---- transforms -------------------------------------------------------------------------------------------------------

clicks.mapValues(str)  # error
builder.globalTable("x")  # error
clicks.filter(on_number)  # error
clicks.filter(lambda click: click.at > 0)  # error
clicks.filter(lambda user, click: click.missing)  # error
clicks.filter_not(lambda user, click: click.at.upper())  # error
clicks.map(lambda user, click: click.page)  # error
clicks.map_values(number_of)  # error
clicks.map_values(lambda click: click.missing)  # error
clicks.map_values(lambda user, click: click.page)  # error
clicks.map_values_with_key(lambda click: click.page)  # error
clicks.map_values(lambda click: click.page).map_values(lambda page: page.at)  # error
clicks.map_values(lambda click: click.page).filter(on_number)  # error
clicks.flat_map(lambda user, click: click.page)  # error
clicks.flat_map_values(lambda click: click.at)  # error
clicks.flat_map_values_with_key(lambda user, click: click.at)  # error
clicks.select_key(lambda user, click: user.missing)  # error
clicks.select_key(lambda user, click: click.at).filter(lambda at, click: at.isalpha())  # error
clicks.peek(lambda click: click)  # error
clicks.foreach(lambda click: click)  # error
clicks.to("out", Produced(value=int))  # error
clicks.to("out", Produced(key=Int64()))  # error
clicks.to(lambda click: "topic")  # error
clicks.to("out", Consumed(value=Click))  # error
clicks.through("mid", Produced(value=User))  # error
clicks.repartition(Repartitioned(value=String()))  # error
clicks.merge(numbers)  # error
clicks.merge(users)  # error
clicks.to_table(Materialized("s", value=User))  # error
clicks.map_values_async(parsed)  # error
clicks.map_values_async(lambda click: click.page)  # error
clicks.filter_async(words)  # error
clicks.split().branch(on_number)  # error
clicks.split().branch(lambda user, click: True, Branched(consumer=lambda branch: branch.missing))  # error
clicks.process(Numbers)  # error
clicks.process_values(Rekeyed)  # error
texts: KStream[str, str] = clicks.map_values(lambda click: click.at)  # error

# ---- aggregations -----------------------------------------------------------------------------------------------------

clicks.group_by_key(Grouped(value=int))  # error
clicks.group_by(lambda user, click: click.at, Grouped(key=str))  # error
grouped.count(Materialized("s", value=str))  # error
grouped.reduce(more)  # error
grouped.reduce(lambda one, other: one.at)  # error
grouped.aggregate(int, add_number)  # error
grouped.aggregate(str, add_click)  # error
grouped.aggregate(int, add_click, Materialized("s", value=str))  # error
grouped.windowed_by("1m")  # error
grouped.windowed_by(JoinWindows.within(1, grace=0))  # error
grouped.windowed_by(tumbling).emit(on="close")  # error
grouped.windowed_by(SessionWindows("1m", grace=0)).aggregate(int, add_click)  # error
grouped.windowed_by(SlidingWindows("1m", grace=0)).reduce(more)  # error
grouped.windowed_by(UnlimitedWindows()).aggregate(str, add_click)  # error
per_user: KTable[str, int] = grouped.windowed_by(tumbling).count()  # error
grouped.cogroup(add_click).cogroup(numbers.group_by_key(), add_click)  # error
grouped.cogroup(add_click).aggregate(str)  # error
users.group_by(lambda name, user: user.city)  # error
users.group_by(lambda name, user: (user.city, user.name)).reduce(more, more)  # error
users.group_by(lambda name, user: (user.city, 1)).reduce(more)  # error

# ---- tables -----------------------------------------------------------------------------------------------------------

users.filter(on_number)  # error
users.map_values(number_of)  # error
users.map_values(lambda user: user.city, Materialized("s", value=int))  # error
users.transform_values(OfNumbers)  # error
users.suppress(Suppressed.until_window_closes(unbounded))  # error
users.suppress(unbounded)  # error
users.to_stream().map_values(lambda user: user.missing)  # error
grouped.windowed_by(tumbling).count().to_stream().select_key(lambda key, n: key.upper())  # error
windowed_users: KTable[Windowed[str], User] = users  # error

# ---- joins ------------------------------------------------------------------------------------------------------------

clicks.join(clicks, lambda one, other: one.at)  # error
clicks.join(numbers, lambda click, number: number, windows)  # error
clicks.join(clicks, join_numbers, windows)  # error
clicks.join(clicks, lambda one, other: one.at, windows, Joined(name="j"))  # error
clicks.join(clicks, lambda one, other: one.at, timedelta(minutes=5))  # error
clicks.left_join(clicks, lambda one, other: other.page, windows)  # error
clicks.outer_join(clicks, lambda one, other: one.page, windows)  # error
clicks.outer_join(users, lambda click, user: click, windows)  # error
clicks.join(users, lambda click, user: user.page)  # error
clicks.join(users, lambda click, user: user.city, StreamJoined(name="j"))  # error
clicks.left_join(users, lambda click, user: user.city)  # error
clicks.join(codes, lambda click, code: code)  # error
clicks.join(countries, lambda click, country: country)  # error
clicks.join(countries, lambda click, country: country, key=lambda user, click: click.page)  # error
clicks.left_join(countries, lambda click, country: country.upper(), key=lambda user, click: click.at)  # error
clicks.join_with_key(users, lambda click, user: user.city)  # error
users.join(clicks, lambda user, click: user)  # error
users.join(codes, lambda user, code: code)  # error
users.join(users, join_numbers)  # error
users.left_join(users, lambda user, other: other.city)  # error
users.outer_join(users, lambda user, other: user.city)  # error
users.join_on(codes, lambda name, user: user.city, lambda user, code: code)  # error
users.join_on(codes, lambda name, user: 1, lambda user, code: code.city)  # error
users.left_join_on(codes, lambda name, user: 1, lambda user, code: code.upper())  # error
users.join_on(codes, lambda name, user: 1, lambda user, code: code, Joined(name="j"))  # error
users.join_on(codes, lambda name, user: 1, join_numbers, TableJoined(name="j"))  # error
users.join(users, lambda user, other: user.city, Materialized("s", value=Json(int)))  # error
