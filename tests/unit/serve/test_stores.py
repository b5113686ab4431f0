"""Stores over HTTP, from one instance."""

import threading

import httpx
import pytest

from headrace import Consumed, Int64, Materialized, StreamsBuilder
from headrace.app.queries.wire import FORWARDED
from support import tasks as bench
from support.running import make_app
from support.serving import Site, settle


def keys(document):
    return [(entry["key"], entry.get("start")) for entry in document["entries"]]


def test_the_stores_are_listed_with_kind_size_and_place(site: Site) -> None:
    listed = {row["name"]: row for row in site.get("/stores")["stores"]}
    assert list(listed) == ["n", "w", "s", "names"]
    assert (listed["n"]["kind"], listed["n"]["tasks"], listed["n"]["here"]) == (
        "timestamped-key-value",
        ["0_0", "0_1"],
        ["0_0", "0_1"],
    )
    assert (listed["names"]["entries"], listed["names"]["here"], listed["names"]["role"]) == (1, ["global"], "active")


def test_a_key_has_its_value_with_time_and_task(site: Site) -> None:
    assert site.get("/stores/n/get", key="a") == {"key": "a", "value": 2, "timestamp": 12, "task": "0_0", "lag": 0}
    assert site.get("/stores/names/get", key="k")["value"] == "name"
    assert keys(site.get("/stores/w/get", key="a")) == [("a", 0), ("a", 10)]
    assert keys(site.get("/stores/s/get", key="a")) == [("a", 1), ("a", 12)]


def test_ranges_prefixes_windows_and_counts(site: Site) -> None:
    assert keys(site.get("/stores/n/range", from_="ab", to="c")) == [("ab", None), ("c", None)]
    assert keys(site.get("/stores/n/prefix", prefix="a")) == [("a", None), ("ab", None)]
    assert keys(site.get("/stores/w/windows", key="a", from_=5)) == [("a", 10)]
    assert keys(site.get("/stores/w/windows", to=5)) == [("a", 0), ("ab", 0), ("c", 0)]
    assert site.get("/stores/n/count") == {"count": 3, "tasks": {"0_0": 2, "0_1": 1}, "lag": 0}


def test_an_answer_that_was_cut_says_so(site: Site) -> None:
    found = site.get("/stores/n/range", limit=2)
    assert (keys(found), found["more"]) == ([("a", None), ("ab", None)], True)
    assert site.get("/stores/n/range", limit=3)["more"] is False


def test_the_owner_of_a_key_is_its_task(site: Site) -> None:
    owner = site.get("/owner", store="n", key="a")
    assert owner["task"] == f"0_{owner['partition']}"
    assert (owner["here"], owner["instances"]) == (True, [])
    assert "every instance" in site.get("/owner", status=400, store="names", key="a")["message"]


@pytest.mark.parametrize(
    ("path", "status", "kind", "words"),
    [
        ("/stores/x/get?key=a", 404, "UnknownStoreError", "there are: n, w, s, names"),
        ("/stores/n/get?key=zz", 404, "NotFoundError", "nothing for 'zz'"),
        ("/stores/n/get", 400, "ConfigurationError", "parameter key is missing"),
        ("/stores/n/get?key=a&read=new", 400, "ConfigurationError", '"latest" or "committed"'),
        ("/stores/n/get?key=a&stale=maybe", 400, "ConfigurationError", "true or false"),
        ("/stores/n/get?key=a&as_of=5", 400, "StateError", "latest value only"),
        ("/stores/n/range?limit=0", 400, "ConfigurationError", "at least 1"),
        ("/stores/n/windows", 400, "StateError", "cannot be asked for windows"),
        ("/stores/w/prefix?prefix=a", 400, "StateError", "cannot be asked for prefix"),
    ],
)
def test_what_is_wrong_is_told_with_its_type(site: Site, path: str, status: int, kind: str, words: str) -> None:
    response = site.client.get(path)
    said = response.json()
    assert (response.status_code, said["error"]) == (status, kind)
    assert words in f"{said['message']} {said['hint']}"


def test_only_instances_may_forward(site: Site) -> None:
    assert site.client.post("/forward", content=b"x").status_code == 400
    assert "no question" in site.client.post("/forward", content=b"x", headers={FORWARDED: "1"}).json()["message"]


def test_keys_that_do_not_fit_name_the_format(log, tmp_path) -> None:
    builder = StreamsBuilder()
    builder.table("in", Consumed(key=Int64(), value=str), materialized=Materialized("numbers"))
    app = make_app(log, tmp_path, builder.build(), serve="0", on_decode_error="skip")
    with app:
        app.wait_until_running()
        said = httpx.get(f"{app.url}/stores/numbers/get", params={"key": "ten"})
    assert said.status_code == 400
    assert "Int64" in said.json()["message"]


def test_a_key_is_answered_while_the_processing_thread_is_busy(log, tmp_path) -> None:
    """Neither a record that takes long nor a commit is waited for."""
    inside, go = threading.Event(), threading.Event()

    def hold(key: str, value: int) -> None:
        if value == 7:
            inside.set()
            go.wait()

    builder = StreamsBuilder()
    stream = builder.stream("in")
    stream.group_by_key().count(Materialized("n"))
    stream.foreach(hold)
    app = make_app(log, tmp_path, builder.build(), serve="127.0.0.1:0", commit_interval="1h")
    with app:
        app.wait_until_running()
        settle(app)
        bench.write(log, "in", (b"a", b"7", 20))
        inside.wait()
        get = f"{app.url}/stores/n/get?key=a"
        assert httpx.get(get).json()["value"] == 3
        assert httpx.get(f"{get}&read=committed").status_code == 404
        go.set()
