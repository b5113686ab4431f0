"""Utopia's samples on a secured cluster that is shared: rights to read the inputs, and to all that begins with a prefix."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest
from confluent_kafka.admin import AclBinding, AclOperation, AclPermissionType, AdminClient, ResourcePatternType, ResourceType
from msgspec.json import Decoder

from headrace.cluster import Cluster, temporary_cluster
from headrace.formats.primitive import Int64
from headrace.log.kafka import KafkaLog, open_kafka

sys.path.insert(0, str(Path(__file__).parents[3] / "apps" / "utopia"))

from utopia.entities import STREAMS
from utopia.mockdata import MockData, MockRecord, Settings, Sizes
from utopia.mockdata.writer import LogWriter
from utopia.reading import read_all
from utopia.samples import customer_stream_count, purchase_event_ticket
from utopia.samples.purchase_event_ticket import Confirmation

UTOPIA = Path(__file__).parents[3] / "apps" / "utopia"
HEADRACE = (sys.executable, "-m", "headrace")
PREFIX = "kafka-workshop-"
SAMPLES = (
    "customer_stream_count",
    "top_customer_artists",
    "purchase_event_ticket",
    "artist_ticket_count",
    "address_sort_and_stringify",
    "target_customer_filter",
    "stream_template",
)
BROKER = {
    "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    "super.users": "User:ANONYMOUS",  # whoever comes by the listener in plain text: the brokers, and this test
}
RIGHTS = {
    (ResourceType.TOPIC, "data-demo-"): (AclOperation.READ,),
    (ResourceType.TOPIC, PREFIX): (
        AclOperation.CREATE,
        AclOperation.READ,
        AclOperation.WRITE,
        AclOperation.DELETE,
        AclOperation.DESCRIBE,
    ),
    (ResourceType.GROUP, PREFIX): (AclOperation.READ,),
    (ResourceType.TRANSACTIONAL_ID, PREFIX): (AclOperation.WRITE, AclOperation.DESCRIBE),
}
SIZES = Sizes(customers=20, legacy_customers=5, artists=20, events=20, tickets=200, streams=500)
RECORDS: list[MockRecord] = list(MockData(Settings(start_ms=1_760_000_000_000, sizes=SIZES)).initial_load())


@pytest.fixture(scope="module")
def secured() -> Iterator[Cluster]:
    with temporary_cluster(sasl=True, properties=BROKER) as cluster:
        assert cluster.credentials is not None
        grant(cluster.bootstrap, cluster.credentials.user)
        log = open_kafka(cluster.bootstrap)
        with LogWriter(log, partitions=2) as writer:
            writer.write(RECORDS)
        log.close()
        yield cluster


def grant(bootstrap: str, user: str) -> None:
    everywhere, allowed = "*", AclPermissionType.ALLOW
    bindings = [
        AclBinding(kind, name, ResourcePatternType.PREFIXED, f"User:{user}", everywhere, operation, allowed)
        for (kind, name), operations in RIGHTS.items()
        for operation in operations
    ]
    client = AdminClient({"bootstrap.servers": bootstrap})
    for future in client.create_acls(bindings).values():
        future.result()


@pytest.fixture
def log(secured: Cluster) -> Iterator[KafkaLog]:
    opened = open_kafka(secured.bootstrap)
    yield opened
    opened.close()


def login(cluster: Cluster) -> dict[str, str]:
    """What `. client.env` sets."""
    assert cluster.credentials is not None
    return cluster.credentials.client_options(cluster.sasl_bootstrap)


def outputs_of(log: KafkaLog) -> set[str]:
    """All topics but the inputs."""
    return {name for name in log.admin().topics() if not name.startswith(("data-demo-", "_"))}


@pytest.fixture
def workshop(secured: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module in a run of its own."""
    monkeypatch.chdir(UTOPIA)
    for name, value in login(secured).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("HEADRACE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("UTOPIA_RUN", "")
    monkeypatch.delenv("UTOPIA_RUN")
    monkeypatch.delitem(sys.modules, "utopia.workshop", raising=False)
    return import_module("utopia.workshop")


def test_all_samples_run_with_rights_by_prefix_only(workshop: ModuleType, log: KafkaLog) -> None:
    before = outputs_of(log)
    for sample in SAMPLES:
        app = getattr(workshop, sample)()
        assert app.config.app_id.startswith(PREFIX)
        assert app.config.app_id.endswith(workshop.RUN)
        app.run(until_end=True)
    made = outputs_of(log) - before
    assert {name for name in made if not name.startswith(PREFIX)} == set()
    counts = dict(read_all(log, f"{customer_stream_count.OUTPUT}-{workshop.RUN}", Int64().decoder("", is_key=False)))
    assert counts == Counter(entity.customerid for topic, _, entity, _ in RECORDS if topic == STREAMS)
    answers = list(read_all(log, f"{purchase_event_ticket.OUTPUT}-{workshop.RUN}", Decoder(Confirmation).decode))
    assert len({answer.ticket_request.id for _, answer in answers}) == SIZES.tickets


def test_each_start_has_an_id_of_its_own_and_reads_everything(secured: Cluster, log: KafkaLog, tmp_path: Path) -> None:
    before = outputs_of(log)
    environment = {**os.environ, **login(secured), "HEADRACE_DATA_DIR": str(tmp_path)}
    environment.pop("UTOPIA_RUN", None)
    for _ in range(2):
        command = [*HEADRACE, "run", "utopia.workshop:stream_template", "--until-end", "--log-level", "warning"]
        ran = subprocess.run(command, cwd=UTOPIA, env=environment, capture_output=True, text=True, timeout=60, check=False)
        assert ran.returncode == 0, ran.stderr
        assert f"{SIZES.customers} records read" in ran.stderr
    outputs = [name for name in outputs_of(log) - before if name.startswith(f"{PREFIX}my-output-")]
    assert len(outputs) == 2
    for name in outputs:
        assert len(list(read_all(log, name, bytes))) == SIZES.customers
