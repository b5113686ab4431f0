"""Counts words behind a repartition topic.

usage: workers_program.py DATA WORKERS [slow|fail|two|copy|forever|BOOTSTRAP|serve=PORT]

Without `if __name__ == "__main__"`: workers run all of it, up to `run`.
"""

import sys
import time
from pathlib import Path

from headrace import App, Consumed, Grouped, Json, Materialized, Produced, StreamsBuilder, String, Topology

data, workers, how = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]


def words(line: str) -> list[str]:
    if "slow" in how:
        time.sleep(0.005)
    if "fail" in how and line == "bad":
        message = "this line is bad"
        raise ValueError(message)
    return line.split()


def counting() -> Topology:
    builder = StreamsBuilder()
    lines = builder.stream("lines", Consumed(value=String()))
    builder.global_table("names", Consumed(value=String()), Materialized("names"))
    by_word = lines.flat_map_values(words).group_by(lambda _key, word: word, Grouped(name="words"))
    by_word.count(Materialized("counts")).to_stream().to("counts", Produced(value=Json(int)))
    return builder.build()


def copying() -> Topology:
    builder = StreamsBuilder()
    builder.stream("lines", Consumed(value=String())).to("copies", Produced(value=String()))
    return builder.build()


print("begins", flush=True)
if "two" in how:
    App("copier", copying(), data_dir=data).run(until_end=True)
options = {"commit_interval": "50ms", "memory_limit": 0}  # without caches each update is seen
options["bootstrap"] = next((word for word in how if ":" in word), None)
options["serve"] = next((word.removeprefix("serve=") for word in how if word.startswith("serve=")), None)
app = App("counter", copying() if "copy" in how else counting(), data_dir=data, workers=workers, **options)
app.run(until_end="forever" not in how)
read, restarts = (int(app.metrics.total(f"headrace_{name}_total")) for name in ("source_records", "worker_restarts"))
print(f"goes on once: {read} records read, {restarts} restarts")
