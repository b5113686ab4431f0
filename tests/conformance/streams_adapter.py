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

from headrace import ValueAndTimestamp, Windowed
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

    engine = os.environ.get("HEADRACE_CONFORMANCE_ENGINE", "memory")
    interval = case["config"].get("emit_interval_ms", 0)
    topology = build_topology(case["topology"], capture)
    with TestDriver(topology, engine=engine, emit_interval_ms=interval) as driver:
        for step, action in enumerate(case["steps"]):
            if "pipe" in action:
                pipe(driver, action["pipe"])
            elif "advance_wall_clock_ms" in action:
                driver.advance_wall_clock(action["advance_wall_clock_ms"])
            else:
                query = action["read_store"]
                stores[query["as"]] = read(driver.store(query["store"]), query)
            outputs.extend(drain(driver, step))
    return outputs, stores


def pipe(driver: TestDriver, record: Json) -> None:
    headers = tuple((name, None if text is None else text.encode()) for name, text in record.get("headers") or [])
    topic = driver.topic(record["topic"])
    topic.pipe(record["key"], record["value"], record["timestamp"], headers)


def drain(driver: TestDriver, step: int) -> list[Json]:
    return [shown_row(name, row, step) for name in driver.written_topics() for row in driver.topic(name).rows()]


def shown_row(topic: str, row: Row, step: int) -> Json:
    return {
        "topic": topic,
        **shown_key(row.key),
        "value": row.value,
        "timestamp": row.timestamp,
        "headers": header_list(row.headers),
        "step": step,
    }


def shown_key(key: Any) -> Json:
    if isinstance(key, Windowed):
        return {"key": key.key, "window": {"start": key.start, "end": key.end}}
    return {"key": key}


# ---- store queries ------------------------------------------------------------------------------------------------


def shown_value(value: Any) -> Json:
    if isinstance(value, ValueAndTimestamp):
        return {"value": value.value, "timestamp": value.timestamp}
    return {"value": value}


def single(value: Any) -> Json | None:
    return None if value is None else shown_value(value)


def entries(found: Any, *, ordered: bool = False) -> list[Json]:
    listed = []
    for key, value in found:
        at = {"key": key.key, "start": key.start, "end": key.end} if isinstance(key, Windowed) else {"key": key}
        listed.append({**at, **shown_value(value)})
    return listed if ordered else sorted(listed, key=lambda e: (e["key"], e.get("start", 0), e.get("end", 0)))


def read(store: Any, q: Json) -> Any:
    return {"kv": read_kv, "versioned": read_versioned, "window": read_window, "session": read_session}[q["kind"]](store, q)


def read_kv(store: Any, q: Json) -> Any:
    match q["q"]:
        case "get":
            return single(store.get(q["key"]))
        case "all":
            return entries(store.all(), ordered=True)
        case "reverse_all":
            return entries(store.reverse_all(), ordered=True)
        case "range":
            return entries(store.range(q["from"], q["to"]), ordered=True)
        case "reverse_range":
            return entries(store.reverse_range(q["from"], q["to"]), ordered=True)
        case _:
            return entries(store.prefix_scan(q["prefix"]), ordered=True)


def read_versioned(store: Any, q: Json) -> Any:
    found = store.get(q["key"]) if q["q"] == "get" else store.get(q["key"], q["timestamp"])
    return None if found is None else {"value": found.value, "timestamp": found.timestamp}


def read_window(store: Any, q: Json) -> Any:
    match q["q"]:
        case "fetch":
            return single(store.fetch(q["key"], q["time"]))
        case "fetch_range" | "backward_fetch_range":
            fetch = store.fetch_range if q["q"] == "fetch_range" else store.backward_fetch_range
            return [{"key": q["key"], "start": start, **shown_value(v)} for start, v in fetch(q["key"], q["from"], q["to"])]
        case "fetch_keys":
            return entries(store.fetch_keys(q["key_from"], q["key_to"], q["from"], q["to"]))
        case "all":
            return entries(store.all())
        case _:
            return entries(store.fetch_all(q["from"], q["to"]))


def read_session(store: Any, q: Json) -> Any:
    match q["q"]:
        case "fetch":
            return entries(store.fetch(q["key"]), ordered=True)
        case "backward_fetch":
            return entries(store.backward_fetch(q["key"]), ordered=True)
        case "find_sessions":
            return entries(store.find_sessions(q["key"], q["earliest_end"], q["latest_start"]), ordered=True)
        case "fetch_keys":
            return entries(store.fetch_keys(q["key_from"], q["key_to"]))
        case _:
            return single(store.fetch_session(q["key"], q["start"], q["end"]))


if __name__ == "__main__":
    main()
