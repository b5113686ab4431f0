"""Answers recorded cases of Kafka Streams: JSON lines on stdin, one JSON line per case on stdout.

Only the public API is used. `HEADRACE_CONFORMANCE_ENGINE` chooses the stores: `rocksdb` or `memory`.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent / "streams"))  # the cases' function library

from case_builder import build_topology, header_list

from headrace import Windowed
from headrace.testing import TestDriver

Json = dict[str, Any]


def main() -> None:
    for line in sys.stdin:
        case = json.loads(line)
        try:
            answer = run(case)
        except Exception as error:  # an adapter answers every case; the runner shows what went wrong
            answer = {"status": "error", "error": f"{type(error).__name__}: {error}"}
        print(json.dumps({"id": case["id"], **answer}, ensure_ascii=False), flush=True)


def run(case: Json) -> Json:
    outputs: list[Json] = []
    stores: Json = {}

    def show(topic: str, key: Any, value: Any, **more: Any) -> None:
        outputs.append(shown(topic, key, value, **more, step=step))

    engine, interval = os.environ.get("HEADRACE_CONFORMANCE_ENGINE", "memory"), case["config"].get("emit_interval_ms", 0)
    with TestDriver(build_topology(case["topology"], show), engine=engine, emit_interval_ms=interval) as driver:
        for step, action in enumerate(case["steps"]):  # noqa: B007 - show tells it
            if "pipe" in action:
                pipe(driver, action["pipe"])
            elif "advance_wall_clock_ms" in action:
                driver.advance_wall_clock(action["advance_wall_clock_ms"])
            else:
                query = action["read_store"]
                stores[query["as"]] = read(driver.store(query["store"]), query)
            for topic in driver.written_topics():
                for row in driver.topic(topic).rows():
                    show(topic, row.key, row.value, timestamp=row.timestamp, headers=header_list(row.headers))
    return {"status": "ok", "outputs": outputs, "stores": stores}


def shown(topic: str, key: Any, value: Any, **more: Any) -> Json:
    """A result as JSON has it."""
    of = {"key": key.key, "window": {"start": key.start, "end": key.end}} if isinstance(key, Windowed) else {"key": key}
    found: Json = json.loads(json.dumps({"topic": topic, **of, "value": value, **more}))
    return found


def pipe(driver: TestDriver, record: Json) -> None:
    headers = tuple((name, None if text is None else text.encode()) for name, text in record.get("headers") or [])
    driver.topic(record["topic"]).pipe(record["key"], record["value"], record["timestamp"], headers)


def read(store: Any, query: Json) -> Any:
    """Calls the method named by the query with those KEYS and BOUNDS that it has."""
    name, kind = query["q"], f"{query['kind']} {query['q']}"
    found = getattr(store, METHODS.get(name, name))(*(query[part] for part in KEYS + BOUNDS if part in query))
    if kind in SINGLE:
        return None if found is None else shown_value(found)
    entries = [{**shown_key(key, query), **shown_value(value)} for key, value in found]
    return sorted(entries, key=lambda e: (e["key"], e.get("start", 0), e.get("end", 0))) if kind in UNORDERED else entries


def shown_key(key: Any, query: Json) -> Json:
    if isinstance(key, Windowed):
        return {"key": key.key, "start": key.start, "end": key.end}
    return {"key": query["key"], "start": key} if isinstance(key, int) else {"key": key}


def shown_value(value: Any) -> Json:
    return {"value": value.value, "timestamp": value.timestamp} if hasattr(value, "timestamp") else {"value": value}


METHODS = {"get_as_of": "get", "prefix": "prefix_scan"}
KEYS = ["key", "key_from", "key_to", "prefix"]
BOUNDS = ["from", "to", "time", "timestamp", "earliest_end", "latest_start", "start", "end"]
SINGLE = {"kv get", "versioned get", "versioned get_as_of", "window fetch", "session fetch_session"}
UNORDERED = {"window all", "window fetch_all", "window fetch_keys", "session fetch_keys"}

if __name__ == "__main__":
    main()
