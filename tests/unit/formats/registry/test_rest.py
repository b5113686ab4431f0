import json
import logging
from dataclasses import dataclass

import pytest

from headrace.core.errors import (
    ConfigurationError,
    IncompatibleSchemaError,
    RegistryError,
    RegistryUnavailableError,
    UnknownSchemaError,
)
from headrace.formats import Avro
from headrace.formats.registry import Compatibility, InRegistry, RegistryConnection, RestRegistry, Schema
from support.registry_server import registry_server

ONE = Schema('{"type":"record","name":"R","fields":[{"name":"a","type":"int"}]}')
STRICT = Schema('{"type":"record","name":"R","fields":[{"name":"a","type":"int"},{"name":"b","type":"string"}]}')


@dataclass(frozen=True)
class Reading:
    name: str
    value: float


@pytest.fixture
def server():
    with registry_server() as serving:
        yield serving


def test_ids_and_versions_are_asked_for_once(server):
    registry = RestRegistry(server.url)
    made = registry.register("x/y", ONE)
    asked = len(server.requests)
    assert registry.register("x/y", ONE) == made
    assert registry.by_id(made) == registry.by_id(made) == ONE
    assert registry.version("x/y", 1) == registry.version("x/y", 1)
    assert len(server.requests) == asked + 2


def test_answers_are_those_of_the_registry_behind(server):
    registry = RestRegistry(server.url)
    registry.register("x", ONE)
    assert registry.subjects() == ["x"]
    assert registry.versions("x") == [1]
    assert registry.find("x", ONE).version == 1
    registry.set_compatibility(Compatibility.FULL, "x")
    assert registry.compatibility("x") is Compatibility.FULL
    assert registry.delete("x") == [1]
    for ask in (lambda: registry.version("x"), lambda: registry.by_id(9), lambda: registry.find("x", ONE)):
        with pytest.raises(UnknownSchemaError):
            ask()


def test_an_incompatible_schema_is_refused_with_field_and_rule_although_the_server_gives_no_reason(server):
    registry = RestRegistry(server.url)
    registry.register("x", ONE)
    reason = "field b: READER_FIELD_MISSING_DEFAULT_VALUE"
    assert reason in registry.check("x", STRICT)[0]
    with pytest.raises(IncompatibleSchemaError, match=reason):
        registry.register("x", STRICT)


def test_a_format_refuses_an_incompatible_schema_before_anything_is_written(server):
    registry = RestRegistry(server.url)
    registry.register("readings-value", Schema('{"type":"record","name":"Reading","fields":[{"name":"name","type":"string"}]}'))
    with pytest.raises(IncompatibleSchemaError, match="field value: READER_FIELD_MISSING_DEFAULT_VALUE"):
        Avro(Reading, InRegistry(registry=registry)).encoder("readings", is_key=False)
    assert registry.versions("readings-value") == [1]


def test_a_schema_is_registered_with_its_first_record(server):
    registry = RestRegistry(server.url)
    encode = Avro(Reading, InRegistry(registry=registry)).encoder("readings", is_key=False)
    assert registry.subjects() == []
    encode(Reading("a", 1.0))
    assert registry.subjects() == ["readings-value"]


def test_without_auto_registration_the_schema_must_be_there(server):
    registry = RestRegistry(server.url)
    form = Avro(Reading, InRegistry(registry=registry, writes="existing"))
    with pytest.raises(UnknownSchemaError):
        form.encoder("readings", is_key=False)
    made = registry.register("readings-value", Schema(form.text or ""))
    assert form.encoder("readings", is_key=False)(Reading("a", 1.0))[1:5] == made.to_bytes(4, "big")


def test_the_newest_version_is_written_where_that_is_asked_for(server):
    registry = RestRegistry(server.url)
    newest = {
        "type": "record",
        "name": "Reading",
        "namespace": "elsewhere",
        "fields": [
            {"name": "unit", "type": "string", "default": "K"},
            {"name": "value", "type": "double"},
            {"name": "name", "type": "string"},
        ],
    }
    registry.register("readings-value", Schema(json.dumps(newest)))
    form = Avro(Reading, InRegistry(registry=registry, writes="latest"))
    data = form.encoder("readings", is_key=False)(Reading("a", 1.0))
    assert form.decoder("readings", is_key=False)(data) == Reading("a", 1.0)
    everything = Avro(use=InRegistry(registry=registry)).decoder("readings", is_key=False)(data)
    assert everything == {"unit": "K", "value": 1.0, "name": "a"}


def test_a_registry_that_is_busy_is_asked_again_and_it_says_so(server, caplog):
    registry = RestRegistry(server.url)
    server.refuse += [503, 429]
    with caplog.at_level(logging.INFO, "headrace"):
        assert registry.subjects() == []
    assert [str(record.message).split()[0] for record in caplog.records if record.name.startswith("headrace")] == [
        "registry_gives_no_answer",
        "registry_answers_again",
    ]


def test_what_is_known_is_written_and_read_while_the_registry_is_away(server):
    registry = RestRegistry(RegistryConnection(server.url, patience_s=0.1))
    form = Avro(Reading, InRegistry(registry=registry))
    encode, decode = form.encoder("readings", is_key=False), form.decoder("readings", is_key=False)
    data = encode(Reading("a", 1.0))
    decode(data)
    server.refuse += [500] * 1000
    assert decode(encode(Reading("b", 2.0))) == Reading("b", 2.0)
    with pytest.raises(RegistryUnavailableError, match=r"no answer within 0\.1 s: status 500"):
        decode(b"\0\0\0\0\x09abc")


def test_a_registry_that_is_not_there_is_told_with_its_address():
    registry = RestRegistry(RegistryConnection("http://127.0.0.1:9", patience_s=0.05))
    with pytest.raises(RegistryUnavailableError, match=r"http://127\.0\.0\.1:9 gives no answer"):
        registry.subjects()


def test_the_next_address_is_tried(server):
    registry = RestRegistry(RegistryConnection(f"http://127.0.0.1:9, {server.url}", patience_s=0.05))
    assert registry.subjects() == []


def test_credentials_are_sent_and_never_printed(server):
    with_password = RestRegistry(server.url.replace("http://", "http://user:hunter2@"))
    with_token = RestRegistry(RegistryConnection(server.url, token="hunter2"))
    with_password.subjects()
    with_token.subjects()
    assert [headers["Authorization"] for headers in server.headers] == ["Basic dXNlcjpodW50ZXIy", "Bearer hunter2"]
    server.refuse += [401, 403]
    for registry in (with_password, with_token):
        with pytest.raises(RegistryError, match="lets nobody in") as refused:
            registry.subjects()
        assert (
            "hunter2"
            not in f"{refused.value}{registry!r}{registry.connection!r}{Avro(Reading, InRegistry(registry=registry))!r}"
        )


@pytest.mark.parametrize("url", ["localhost:8081", "ftp://host", "http://", "user:secret@host"])
def test_an_address_that_is_none_is_refused_without_its_secrets(url):
    with pytest.raises(ConfigurationError, match="no address of a schema registry") as refused:
        RestRegistry(url)
    assert "secret" not in str(refused.value)


def test_contradicting_credentials_are_refused(tmp_path):
    with pytest.raises(ConfigurationError, match="not both"):
        RegistryConnection("http://h", user_info="a:b", token="c")
    with pytest.raises(ConfigurationError, match="needs its certificate"):
        RegistryConnection("http://h", key=tmp_path / "key")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        RestRegistry(RegistryConnection("https://h", ca=tmp_path / "none.pem"))


def test_an_address_of_something_else_is_told(server):
    with pytest.raises(RegistryError, match="cannot do GET"):
        RestRegistry(f"{server.url}/elsewhere").subjects()
