"""W1 as a Quix Streams program, for an environment of its own: `python quix_w1.py BOOTSTRAP RECORDS STATE_DIRECTORY`.

Prints the seconds from the first record that was processed to the last one; the commit after it is not counted.
"""

import json
import sys
import time

from quixstreams import Application  # type: ignore[import-not-found]


def main(bootstrap: str, records: str, directory: str) -> None:
    times: list[float] = []
    done = 0

    def processed(_topic: str, _partition: int, _offset: int) -> None:
        nonlocal done
        done += 1
        if done in (1, int(records)):
            times.append(time.perf_counter())
        if done == int(records):
            app.stop()

    app = Application(
        broker_address=bootstrap,
        consumer_group=f"quix-{time.time_ns()}",
        auto_offset_reset="earliest",
        commit_interval=1.0,
        state_dir=directory,
        on_message_processed=processed,
        producer_extra_config={"linger.ms": 20, "compression.type": "lz4"},
        loglevel="ERROR",
    )
    transactions = app.topic("bench-transactions", timestamp_extractor=lambda value, _headers, _time, _type: value["ts"])
    out = app.topic("bench-out")
    frame = app.dataframe(transactions)
    paid = frame[frame["status"] == "paid"]
    totals = paid.tumbling_window(duration_ms=3_000, grace_ms=3_600_000).reduce(
        lambda total, value: {
            "user": total["user"],
            "sum": total["sum"] + value["amount"],
            "count": total["count"] + 1,
        },
        lambda value: {"user": value["user_id"], "sum": value["amount"], "count": 1},
    )
    results = totals.current().apply(
        lambda window: {
            "key": f"{window['value']['user']}@{window['start']}",
            "sum": window["value"]["sum"],
            "count": window["value"]["count"],
        }
    )
    results.to_topic(out, key=lambda result: result["key"])
    app.run()
    print(json.dumps({"processed_s": times[1] - times[0]}))


if __name__ == "__main__":
    main(*sys.argv[1:])
