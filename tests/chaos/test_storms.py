"""Storms on three brokers: instances of an application are killed, halted, stopped and added, brokers go and come back.

The results are those of an undisturbed run, and the work always goes on. CHAOS_SEED repeats the events of a run.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest

from headrace import SystemClock
from headrace.cluster import temporary_cluster
from headrace.log.kafka import open_kafka
from support.kafka_access import KafkaAccess
from support.members import Members
from support.storms.brokers import Brokers
from support.storms.events import forecast
from support.storms.orders import PRODUCTS, Orders
from support.storms.progress import ProgressSeries
from support.storms.results import all_consumed, require_complete, require_equal, require_nothing_missing, results_of
from support.storms.storm import Storm

PROGRAM = Path(__file__).with_name("storm_program.py")
INPUTS = ("customers", "orders")
STORES = ("customers", "per-window", "per-product")
EXACTLY_ONCE, AT_LEAST_ONCE = "exactly_once_v2", "at_least_once"
LARGEST_GAP_S = 20.0
"""Beyond the session time-out."""

LARGEST_GAP_OF_ONE_S = 120.0
"""Of a single partition, whose owner may be hit several times in a row."""


@dataclass(frozen=True, slots=True)
class Scale:
    """How large a storm is.

    Attributes:
        per_second: About how many orders an instance takes, so that the work lasts as long as the storm; 0: what it can.
        session_s: Session time-out. Shorter than brokers take to elect a coordinator (9 s), it would expel all members with it.
        pause_s: How long instances are halted; longer than the session.
        looked_at: How many instances' stores are compared at the end, each time by a start with what is on its disk.
    """

    orders: int
    events: int
    per_second: int
    session_s: float
    pause_s: float
    looked_at: int


REDUCED = Scale(orders=15_000, events=5, per_second=250, session_s=10.0, pause_s=12.0, looked_at=1)
FULL = Scale(orders=1_000_000, events=20, per_second=500, session_s=10.0, pause_s=15.0, looked_at=5)


def run_alone(access: KafkaAccess, app: str, folder: str, what: str) -> None:
    """One instance from its start to its end."""
    command = [
        sys.executable,
        str(PROGRAM),
        access.bootstrap,
        str(access.folder / folder),
        app,
        EXACTLY_ONCE,
        "10000",
        "0",
        what,
    ]
    with (access.folder / f"{folder}.log").open("ab") as output:
        subprocess.run(command, stdout=output, stderr=output, check=True, timeout=1800)


def stores_in(access: KafkaAccess, app: str, folder: str) -> Any:
    """What an application's stores hold that begins with the state in this folder."""
    run_alone(access, app, folder, "stores")
    return orjson.loads((access.folder / folder / "stores.json").read_bytes())


def check(folder: Path, scale: Scale, guarantee: str) -> None:
    seed = int(os.environ.get("CHAOS_SEED", random.SystemRandom().randrange(2**32)))
    print(f"seed {seed} (repeat with CHAOS_SEED={seed})")
    with temporary_cluster(brokers=3) as cluster:
        access = KafkaAccess(cluster.bootstrap, open_kafka(cluster.bootstrap, patience_s=300), folder)
        orders = Orders(access.log, scale.orders, SystemClock().now_ms())
        orders.write()
        run_alone(access, "calm", "calm", "until-end")
        names = endure(access, orders, scale, guarantee, seed, Brokers(cluster))
        run_alone(access, "calm", "calm", "until-end")
        calm, rough = (results_of(access.log, app, STORES) for app in ("calm", "storm"))
        require_complete(calm, scale.orders, PRODUCTS)
        if guarantee == AT_LEAST_ONCE:
            require_nothing_missing(calm, rough, seed)
        else:
            require_equal(calm, rough, seed)
            expected = stores_in(access, "calm", "calm")
            for name in names[: scale.looked_at]:
                assert stores_in(access, "storm", name) == expected, (seed, name)
        access.log.close()


def endure(access: KafkaAccess, orders: Orders, scale: Scale, guarantee: str, seed: int, brokers: Brokers) -> list[str]:
    """The disturbed run from its start to its end; the folders of the instances that were there last."""
    settings = ("storm", guarantee, str(int(scale.session_s * 1000)), str(scale.per_second))
    with Members(access, PROGRAM, *settings) as members:
        with ProgressSeries(access, "storm", orders.partitions) as progress:
            storm = Storm(members, brokers, progress)
            events = forecast(seed, scale.events, scale.pause_s)
            storm.run(("a", "b", "c"), events, lambda: progress.share >= 1 and all_consumed(access.log, "storm", INPUTS))
        orders.close_windows()
        members.wait(lambda: all_consumed(access.log, "storm", INPUTS), "all windows closed")
        assert set(members.stop_all()) == {0}
    gap, of_one = progress.largest_gap(), progress.largest_gap_of_a_partition()
    lasted = progress.samples[-1].at - progress.samples[0].at
    print(f"{len(events)} events in {lasted:.0f} s; largest gap {gap.seconds:.1f} s (at {gap.began:.0f} s)")
    print(f"largest gap of a single partition {of_one.seconds:.1f} s (at {of_one.began:.0f} s)")
    assert gap.seconds <= LARGEST_GAP_S + scale.session_s, (seed, storm.told)
    assert of_one.seconds <= LARGEST_GAP_OF_ONE_S, (seed, storm.told)
    return storm.names


@pytest.mark.kafka
@pytest.mark.xdist_group("kafka-clusters")
@pytest.mark.timeout(400)
def test_a_storm_changes_no_result(tmp_path: Path) -> None:
    check(tmp_path, REDUCED, EXACTLY_ONCE)


@pytest.mark.kafka
@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("guarantee", [EXACTLY_ONCE, AT_LEAST_ONCE])
def test_a_storm_changes_no_result_in_full(tmp_path: Path, guarantee: str) -> None:
    check(tmp_path, FULL, guarantee)
