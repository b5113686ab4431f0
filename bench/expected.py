"""What has to come out, computed by polars from the input's values, and the comparison with what did.

Every result is a frame with a `key` column and the columns of the output's value, sorted by key; tables are compared by
their last value per key, streams by all their records.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import orjson
import polars as pl
from polars.testing import assert_frame_equal

from bench.workloads import OUTPUT, PARTITIONS, customers
from headrace.core.identifiers import TopicPartition
from headrace.log.api import Log
from headrace.log.embedded import open_log

_TRANSACTION = pl.Struct({"user_id": pl.String, "status": pl.String, "amount": pl.Float64, "ts": pl.Int64})
_STREAM = pl.Struct({"customerid": pl.String, "artistid": pl.String})
_RATING = pl.Struct({"rating_id": pl.Int64, "user_id": pl.Int64, "stars": pl.Int64})
_DEVICE = pl.Struct({"device": pl.Int64, "value": pl.Float64, "ts": pl.Int64})

_WINDOW_MS = 3_000
_GAP_MS = 30_000


def paid_per_user(values: pl.Series) -> pl.DataFrame:
    """W1: sum and count per user and window."""
    return _paid(values, pl.col("user_id"))


def paid_of_all(values: pl.Series) -> pl.DataFrame:
    """W1 regrouped to one key: sum and count per window."""
    return _paid(values, pl.lit("all"))


def _paid(values: pl.Series, key: pl.Expr) -> pl.DataFrame:
    paid = _decoded(values, _TRANSACTION).filter(pl.col("status") == "paid")
    start = pl.col("ts") // _WINDOW_MS * _WINDOW_MS
    return (
        paid.group_by(key=key + "@" + start.cast(pl.String))
        .agg(sum=pl.col("amount").sum(), count=pl.len().cast(pl.Int64))
        .sort("key")
    )


def top_artists(values: pl.Series) -> pl.DataFrame:
    """W2: three artists per customer; of equal ones the one that came first."""
    plays = _decoded(values, _STREAM).with_row_index("at")
    counts = plays.group_by("customerid", "artistid").agg(count=pl.len(), first=pl.col("at").min())
    ranked = counts.sort("customerid", "count", "first", descending=[False, True, False])
    return ranked.group_by(key="customerid", maintain_order=True).agg(top=pl.col("artistid").head(3)).sort("key")


def bad_platinum_ratings(values: pl.Series) -> pl.DataFrame:
    """W3: who among platinum customers gave fewer than three stars."""
    table = pl.DataFrame([value for _, value, _ in customers()]).select("id", "club_status", "email")
    joined = _decoded(values, _RATING).filter(pl.col("stars") < 3).join(table, left_on="user_id", right_on="id")
    platinum = joined.filter(pl.col("club_status") == "platinum").with_columns(key=pl.col("user_id").cast(pl.String))
    return platinum.select("key", "rating_id", "stars", "club_status", "email").sort("rating_id")


def device_sessions(values: pl.Series) -> pl.DataFrame:
    """W4: readings of a device that are at most 30 s apart."""
    readings = _decoded(values, _DEVICE).sort("device", "ts")
    begins = (pl.col("ts").diff().over("device") > _GAP_MS).fill_null(value=True)
    sessions = readings.with_columns(session=begins.cast(pl.Int64).cum_sum().over("device")).group_by("device", "session")
    bounds = sessions.agg(start=pl.col("ts").min(), sum=pl.col("value").sum(), count=pl.len().cast(pl.Int64))
    key = pl.concat_str(pl.lit("device-"), pl.col("device"), pl.lit("@"), pl.col("start"))
    return bounds.select(key.alias("key"), "sum", "count").sort("key")


def large_transactions(values: pl.Series) -> pl.DataFrame:
    """W5: the original text of the values over 50."""
    decoded = _decoded(values, _TRANSACTION).with_columns(value=values)
    return decoded.filter(pl.col("amount") > 50).select(key=pl.col("user_id"), value=pl.col("value")).sort("value")


EXPECTED: dict[str, Callable[[pl.Series], pl.DataFrame]] = {
    "w1": paid_per_user,
    "w1all": paid_of_all,
    "w1typed": paid_per_user,
    "w2": top_artists,
    "w2wide": top_artists,
    "w3": bad_platinum_ratings,
    "w4": device_sessions,
    "w5": large_transactions,
}


def check(workload: str, directory: Path, expected: pl.DataFrame) -> None:
    """Raises AssertionError unless the embedded log of a data directory holds exactly the expected result."""
    log = open_log(directory / "log")
    try:
        check_output(workload, log, expected)
    finally:
        log.close()


def check_output(workload: str, log: Log, expected: pl.DataFrame) -> None:
    """Raises AssertionError unless the output topic of a log holds exactly the expected result, as its committed records."""
    actual = _actual(workload, _output(log)).select(expected.columns)
    assert_frame_equal(actual, expected, check_dtypes=False, rel_tol=1e-9, abs_tol=1e-6)


def _decoded(values: pl.Series, dtype: pl.Struct) -> pl.DataFrame:
    return values.str.json_decode(dtype).struct.unnest()


def _output(log: Log) -> list[tuple[bytes, bytes | None]]:
    partitions = [TopicPartition(OUTPUT, partition) for partition in range(PARTITIONS)]
    ends = log.admin().end_offsets(partitions)
    reader = log.reader()
    reader.assign(dict.fromkeys(partitions, 0))
    records: list[tuple[bytes, bytes | None]] = []
    while any(reader.position(partition) < end for partition, end in ends.items()):
        for batch in reader.poll(100_000, 1.0):
            records.extend(zip(batch.keys, batch.values, strict=True))  # type: ignore[arg-type]
    reader.close()
    return records


def _actual(workload: str, records: list[tuple[bytes, bytes | None]]) -> pl.DataFrame:
    if workload == "w5":
        columns = {"key": [key.decode() for key, _ in records], "value": [(value or b"").decode() for _, value in records]}
        return pl.DataFrame(columns).sort("value")
    if workload == "w3":
        return pl.DataFrame([{"key": key.decode(), **orjson.loads(value or b"")} for key, value in records]).sort("rating_id")
    if not records:
        message = "there is no output"
        raise AssertionError(message)
    table = {key.decode(): orjson.loads(value) for key, value in dict(records).items() if value is not None}
    if workload in ("w2", "w2wide"):
        return pl.DataFrame({"key": list(table), "top": list(table.values())}).sort("key")
    return pl.DataFrame([{"key": key, **value} for key, value in table.items()]).sort("key")
