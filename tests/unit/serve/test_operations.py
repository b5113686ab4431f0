"""Health, metrics, status, topology, pause and resume."""

import asyncio
import threading

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from headrace import App, AppState, ConfigurationError, StreamsBuilder
from headrace.core.errors import HeadraceError
from headrace.core.time import SystemClock
from headrace.log.memory import MemoryLog
from headrace.serve import asgi
from headrace.serve.operations import CONTROL_HEADER
from support import tasks as bench
from support.running import make_app
from support.serving import Site, stores, until


def test_a_running_application_is_healthy_and_ready(site: Site) -> None:
    assert site.get("/healthz") == {"healthy": True, "why": "running"}
    assert site.get("/readyz") == {"ready": True, "state": "RUNNING"}


def test_the_status_has_tasks_with_lag_and_rates(site: Site) -> None:
    found = site.get("/status")
    assert (found["application"], found["state"], found["stall"]) == ("app", "RUNNING", None)
    assert [(task["task"], task["role"], task["records"]) for task in found["tasks"]] == [
        ("0_0", "active", 3),
        ("0_1", "active", 1),
    ]
    assert [(each["topic"], each["partition"]) for each in found["tasks"][0]["inputs"]] == [("in", 0)]
    assert found["records_per_s"] > 0
    assert found["restoring"] == []


def test_metrics_are_prometheus_text(site: Site) -> None:
    lines = site.get("/metrics").splitlines()
    assert 'headrace_process_records_total{app="app",task="0_0"} 3' in lines
    assert "# TYPE headrace_commit_seconds histogram" in lines
    assert any(line.startswith('headrace_commit_seconds_bucket{app="app",worker="0",le="+Inf"}') for line in lines)


def test_the_topology_is_a_picture(site: Site) -> None:
    assert site.get("/topology").startswith("<svg")


def test_the_openapi_document_has_every_path_that_is_served(site: Site) -> None:
    document = site.get("/openapi.json")
    assert document["openapi"].startswith("3.1")
    served = {route.path for route in asgi(site.app, control=True).routes} - {"/forward", "/openapi.json"}
    assert set(document["paths"]) == served
    (name, *_) = document["paths"]["/stores/{name}/get"]["get"]["parameters"]
    assert name["schema"]["enum"] == ["n", "w", "s", "names"]


def test_pause_and_resume_need_the_header_and_this_machine(site: Site) -> None:
    assert site.client.post("/pause").status_code == 400
    assert site.client.post("/pause", headers={CONTROL_HEADER: "1", "host": "evil.example"}).status_code == 400
    assert not site.app.paused
    assert site.client.post("/pause", headers={CONTROL_HEADER: "1"}).status_code == 204
    assert site.get("/status")["paused"]
    assert site.get("/healthz")["why"] == "paused"
    assert site.client.post("/resume", headers={CONTROL_HEADER: "1"}).status_code == 204
    assert not site.app.paused


def test_health_goes_down_with_a_stall_and_comes_back(log, tmp_path) -> None:
    gate = threading.Event()
    builder = StreamsBuilder()
    builder.stream("in").foreach(lambda key, value: gate.wait())
    app = make_app(log, tmp_path, builder.build(), serve="127.0.0.1:0", stall_timeout="100ms")
    with app:
        app.wait_until_running()
        until(lambda: "'doing': 'process'" in httpx.get(f"{app.url}/healthz").json()["why"])
        assert httpx.get(f"{app.url}/healthz").status_code == 503
        assert httpx.get(f"{app.url}/status").json()["stall"]["offset"] == 0
        gate.set()
        until(lambda: httpx.get(f"{app.url}/healthz").status_code == 200)


async def ask(app: App, path: str) -> httpx.Response:
    mounted = Starlette(routes=[Mount("/streams", asgi(app))])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=mounted), base_url="http://testserver") as client:
        return await client.get(f"/streams{path}")


def test_it_can_be_mounted_in_another_application(log, tmp_path) -> None:
    app = make_app(log, tmp_path, stores())
    early = asyncio.run(ask(app, "/readyz"))
    assert (early.status_code, early.headers["retry-after"]) == (503, "1")
    refused = asyncio.run(ask(app, "/stores/n/get?key=a"))
    assert (refused.status_code, refused.json()["error"]) == (503, "LifecycleError")
    with app:
        app.wait_until_running()
        assert asyncio.run(ask(app, "/stores/names/get?key=k")).json()["value"] == "name"
        assert asyncio.run(ask(app, "/pause")).status_code == 404


def test_an_address_that_is_taken_is_refused_at_start(site: Site, tmp_path) -> None:
    other = make_app(bench_log(), tmp_path / "other", serve=site.app.url.removeprefix("http://"))
    with pytest.raises(ConfigurationError, match="serve="):
        other.run(until_end=True)
    assert other.state is AppState.ERROR


def bench_log():
    log = MemoryLog(SystemClock())
    bench.make_topics(log, **{"in": 1, "out": 1})
    return log


def test_an_application_that_failed_is_not_healthy(log, tmp_path) -> None:
    builder = StreamsBuilder()
    builder.stream("in").foreach(lambda key, value: 1 // 0)
    app = make_app(log, tmp_path, builder.build())
    with pytest.raises(HeadraceError):
        app.run(until_end=True)
    answer = asyncio.run(ask(app, "/healthz"))
    assert answer.status_code == 503
    assert "ZeroDivisionError" in answer.json()["why"]
