"""Answers recorded cases of Kafka Streams: JSON lines on stdin, one JSON line per case on stdout.

Only the public API is used. `HEADRACE_CONFORMANCE_ENGINE` chooses the stores: `rocksdb` or `memory`.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

# As a program of its own, started by the runner, it finds its neighbours by itself.
sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent / "streams")]

from case_builder import build_topology
from case_processors import header_list

from headrace import ValueAndTimestamp, VersionedRecord, Windowed
from headrace.testing import Row, TestDriver

Json = dict[str, Any]


def main() -> None:
    for line in sys.stdin:
        case = json.loads(line)
        try:
            outputs, stores = run(case)
            answer: Json = {"status": "ok", "outputs": outputs, "stores": stores}
        except Exception as error:  # an adapter answers every case; the runner shows what went wrong
            answer = {"status": "error", "error": f"{type(error).__name__}: {error}"}
        print(json.dumps({"id": case["id"], **answer}, ensure_ascii=False), flush=True)


def run(case: Json) -> tuple[list[Json], Json]:
    outputs: list[Json] = []
    stores: Json = {}
    step = 0

    def capture(topic: str, key: Any, value: Any) -> None:
        outputs.append(json.loads(json.dumps({"topic": topic, **shown_key(key), "value": value, "step": step})))

    engine, interval = os.environ.get("HEADRACE_CONFORMANCE_ENGINE", "memory"), case["config"].get("emit_interval_ms", 0)
    with TestDriver(build_topology(case["topology"], capture), engine=engine, emit_interval_ms=interval) as driver:
        for step, action in enumerate(case["steps"]):
            if "pipe" in action:
                pipe(driver, action["pipe"])
            elif "advance_wall_clock_ms" in action:
                driver.advance_wall_clock(action["advance_wall_clock_ms"])
            else:
                query = action["read_store"]
                stores[query["as"]] = read(driver.store(query["store"]), query)
            written = driver.written_topics()
            outputs.extend(shown_row(topic, row, step) for topic in written for row in driver.topic(topic).rows())
    return outputs, stores


def pipe(driver: TestDriver, record: Json) -> None:
    headers = tuple((name, None if text is None else text.encode()) for name, text in record.get("headers") or [])
    driver.topic(record["topic"]).pipe(record["key"], record["value"], record["timestamp"], headers)


def shown_row(topic: str, row: Row, step: int) -> Json:
    record = {"value": row.value, "timestamp": row.timestamp, "headers": header_list(row.headers)}
    return {"topic": topic, **shown_key(row.key), **record, "step": step}


def shown_key(key: Any) -> Json:
    if isinstance(key, Windowed):
        return {"key": key.key, "window": {"start": key.start, "end": key.end}}
    return {"key": key}


def shown_value(value: Any) -> Json:
    timed = isinstance(value, ValueAndTimestamp | VersionedRecord)
    return {"value": value.value, "timestamp": value.timestamp} if timed else {"value": value}


def shown_entry(key: Any, value: Any, of: Json) -> Json:
    if isinstance(key, Windowed):
        return {"key": key.key, "start": key.start, "end": key.end, **shown_value(value)}
    return {**({"key": of["key"], "start": key} if isinstance(key, int) else {"key": key}), **shown_value(value)}


def read(store: Any, q: Json) -> Any:
    """Calls the method named by the query with those KEYS and BOUNDS that the query has."""
    query = f"{q['kind']} {q['q']}"
    found = getattr(store, METHODS.get(q["q"], q["q"]))(*(q[name] for name in KEYS + BOUNDS if name in q))
    if query in SINGLE:
        return None if found is None else shown_value(found)
    entries = [shown_entry(key, value, q) for key, value in found]
    return sorted(entries, key=lambda e: (e["key"], e.get("start", 0), e.get("end", 0))) if query in UNORDERED else entries


METHODS = {"get_as_of": "get", "prefix": "prefix_scan"}
KEYS = ["key", "key_from", "key_to", "prefix"]
BOUNDS = ["from", "to", "time", "timestamp", "earliest_end", "latest_start", "start", "end"]
SINGLE = {"kv get", "versioned get", "versioned get_as_of", "window fetch", "session fetch_session"}
UNORDERED = {"window all", "window fetch_all", "window fetch_keys", "session fetch_keys"}

if __name__ == "__main__":
    main()
