"""Kill -9 at named points of the commit and in the middle of processing: the results equal those of an undisturbed run.

Equal are the final value per key and window, all stores, the multiset of stream results per key; every order is counted exactly
once (count, and XOR of hashed ids).
"""

import os
import random
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import crash_program as program
import orjson
import pytest

from headrace import TopicPartition
from headrace.log.embedded import open_log
from headrace.runtime.commit.committer import CommitPoint

PROGRAM = Path(__file__).with_name("crash_program.py")


def run(data: Path, crash: str | None = None) -> int:
    command = [sys.executable, str(PROGRAM), str(data), *([crash] if crash else [])]
    return subprocess.run(command, timeout=300, check=False, capture_output=crash is not None).returncode


def progress(data: Path) -> float:
    """Share of the orders that is committed."""
    log = open_log(data / "log")
    partitions = [TopicPartition("orders", number) for number in range(program.PARTITIONS)]
    positions = log.admin().positions(program.APP)
    done = sum(positions[partition].offset for partition in partitions if partition in positions)
    total = sum(log.admin().end_offsets(partitions).values())
    log.close()
    return done / total


def records(data: Path, topic: str) -> list[tuple[str, Any]]:
    log = open_log(data / "log")
    partitions = [TopicPartition(topic, number) for number in range(program.PARTITIONS)]
    reader = log.reader()
    reader.assign(dict.fromkeys(partitions, 0))
    found = []
    while batches := reader.poll(10_000, 0.0):
        for batch in batches:
            found.extend((key.decode(), orjson.loads(value)) for key, value in zip(batch.keys, batch.values, strict=True))
    reader.close()
    log.close()
    return found


def stores(data: Path) -> dict[str, Any]:
    app = program.make_app(data, None)
    with app:
        app.wait_until_running()
        return {name: sorted(map(repr, app.store(name).all())) for name in ("customers", "per-window", "per-product")}


def results(data: Path) -> dict[str, Any]:
    closed = Counter(key for key, _ in records(data, "closed"))
    assert set(closed.values()) == {1}, "a window was closed twice"
    return {
        "enriched": Counter((key, orjson.dumps(value)) for key, value in records(data, "enriched")),
        "updates": dict(records(data, "updates")),
        "closed": dict(records(data, "closed")),
        "stores": stores(data),
    }


def finish(data: Path, crash: str | None = None) -> None:
    """Closes all windows; the results come out once, also with a crash on the way."""
    assert records(data, "closed") == []
    program.close_windows(data)
    if crash is not None:
        assert run(data, crash) == -9
    assert run(data) == 0


def crash_plan(seed: int, kills: int, orders: int, each: int) -> list[str]:
    """Each named point so many times once the work has got under way, all others in the middle of processing."""
    rng = random.Random(seed)
    kinds = ["record"] * kills
    named = [point.value for point in CommitPoint] * each
    for place, kind in zip(rng.sample(range(kills // 10, kills), len(named)), named, strict=True):
        kinds[place] = kind
    share = orders // (kills + 2)
    return [f"{kind}:{rng.randint(share // 2, share)}" for kind in kinds]


def check(tmp_path: Path, orders: int, kills: int, min_kills: int, each: int) -> None:
    seed = int(os.environ.get("CHAOS_SEED", random.SystemRandom().randrange(2**32)))
    print(f"seed {seed} (repeat with CHAOS_SEED={seed})")
    calm, rough = tmp_path / "calm", tmp_path / "rough"
    program.fill(calm, orders)
    shutil.copytree(calm, rough)
    assert run(calm) == 0
    counted = Counter[str]()
    for crash in crash_plan(seed, kills, orders, each):
        ended = run(rough, crash)
        if 0.05 <= progress(rough) <= 0.95 and ended == -9:
            counted[crash.partition(":")[0]] += 1
        if progress(rough) >= 0.95:
            break
    assert run(rough) == 0
    finish(calm)
    finish(rough, "after-log-commit:1")
    print(f"{counted.total()} kills between 5 % and 95 % of the work: {dict(counted)}")
    assert counted.total() >= min_kills, (seed, counted)
    assert min(counted[point.value] for point in CommitPoint) >= each - 1, (seed, counted)
    undisturbed, disturbed = results(calm), results(rough)
    assert sum(undisturbed["enriched"].values()) == orders + program.PRODUCTS
    assert sum(total["count"] for total in undisturbed["closed"].values()) == orders
    for what, expected in undisturbed.items():
        assert disturbed[what] == expected, (seed, what)


@pytest.mark.timeout(300)
@pytest.mark.xdist_group("chaos")
def test_results_are_those_of_an_undisturbed_run(tmp_path: Path) -> None:
    check(tmp_path, orders=40_000, kills=15, min_kills=12, each=3)


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_results_are_those_of_an_undisturbed_run_in_full(tmp_path: Path) -> None:
    check(tmp_path, orders=300_000, kills=65, min_kills=50, each=4)
